import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from painter_kit.cli.main import cli


def world(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["world", *map(str, arguments)])


def test_the_plan_writes_nothing(tmp_path: Path):
    out = tmp_path / "data"
    result = world("--as", "lol", "--out", out, "--plan", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "16 pictures to render, 3.8 megapixels" in result.stdout
    assert not out.exists()


def test_a_layout_is_written_and_counted(tmp_path: Path):
    arguments = ("--as", "lol", "--out", tmp_path, "--count", 2, "--size", "24x32", "--workers", 1)
    result = world(*arguments, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    files = [p for p in (tmp_path / "light_enhance").rglob("*") if p.is_file()]
    assert told["layout"] == "lol"
    assert told["made"] == 4
    assert told["files"] == len(files) == 8
    assert told["bytes"] == sum(p.stat().st_size for p in files)
    again = world(*arguments)
    assert "0 items made" in again.stdout
    assert f"painterkit prepare lol --root {tmp_path}" in again.stdout


def test_several_processes_write_the_same(tmp_path: Path):
    for workers in (1, 2):
        out = tmp_path / str(workers)
        arguments = ("--as", "ade20k", "--out", out, "--count", 2, "--size", "24x32")
        assert world(*arguments, "--workers", workers).exit_code == 0
    one, two = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.*g")}
        for n in "12"
    )
    assert len(one) == 8
    assert one == two


def test_a_plain_folder_is_for_a_task_and_split(tmp_path: Path):
    arguments = ("--out", tmp_path, "--task", "derain", "--split", "train", "--count", 1)
    result = world(*arguments, "--seed", 4, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert f"--data folder:{tmp_path}" in result.stdout
    with Image.open(tmp_path / "images" / "train_000000.png") as picture:
        assert picture.size == (64, 64)
    assert "task derain" in world("--out", tmp_path, "--task", "depth").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give --out DIR"),
        (("--out", "x", "--as", "kitti"), "unknown layout 'kitti'"),
        (("--out", "x", "--as", "lol", "--task", "depth"), "plain folder"),
        (("--out", "x", "--size", "3x"), "HEIGHTxWIDTH"),
        (("--out", "x", "--size", "3x4"), "at least 16x16"),
        (("--out", "x", "--task", "panoptic"), "cannot be written"),
        (("--out", "x", "--as", "nyuv2", "--size", "64x64"), "480x640"),
    ],
)
def test_bad_usage_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
):
    monkeypatch.chdir(tmp_path)
    result = world(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not list(tmp_path.iterdir())
