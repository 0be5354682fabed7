"""``painterkit datasets`` and its ``check`` on the world in COCO's layout."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from painter_kit.cli.datasets import reason, report
from painter_kit.cli.main import cli
from painter_kit.data import lol
from painter_kit.data.base import dataset_names
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.prepare import lol as prepare_lol
from painter_kit.data.prepare.base import Finding


def datasets(*args: object) -> Result:
    return CliRunner().invoke(cli, ["datasets", *map(str, args)])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """COCO, and LoL with three pictures a split, which are as many as there should be."""
    monkeypatch.delenv("PAINTERKIT_DATA", raising=False)
    write_layout(get_layout("coco"), tmp_path, LayoutOptions(3, size=(48, 64)))
    write_layout(get_layout("lol"), tmp_path, LayoutOptions(3, size=(48, 64)))
    parts = {subset: (folder, 3) for subset, (folder, _) in lol.PARTS.items()}
    monkeypatch.setattr(lol, "PARTS", parts)
    monkeypatch.setattr(prepare_lol, "PARTS", parts)
    return tmp_path


def test_every_dataset_is_listed_and_tried(root: Path):
    rows = {r["data"]: r for r in json.loads(datasets("--json").stdout)["datasets"]}
    assert set(rows) == set(dataset_names()) - {"folder"}
    assert rows["world"]["readable"]
    assert "depth" in rows["world"]["tasks"]
    assert (rows["coco"]["prepare"], rows["coco"]["readable"]) == (True, False)
    assert "--data-root" in rows["coco"]["why"]
    text = datasets("--root", root).stdout
    (line,) = (line for line in text.splitlines() if line.startswith("coco "))
    assert "instance" in line
    (root / "coco/annotations/panoptic_val2017.json").unlink()
    (row,) = (
        r
        for r in json.loads(datasets("--root", root, "--json").stdout)["datasets"]
        if r["data"] == "coco"
    )
    assert not row["readable"]
    assert "panoptic_val2017.json does not exist" in row["why"]


def test_whole_and_not_whole_are_exit_codes(root: Path):
    whole = datasets("check", "lol", "--root", root)
    assert whole.exit_code == 0, whole.output
    assert "lol is whole (files were not opened; --deep does)" in whole.stdout
    picture = next((root / "light_enhance/eval15/low").iterdir())
    picture.write_bytes(b"no picture")
    assert datasets("check", "lol", "--root", root).exit_code == 0
    broken = datasets("check", "lol", "--root", root, "--deep")
    assert broken.exit_code == 1
    assert f"broken: light_enhance/eval15/low/{picture.name}" in broken.stdout
    picture.unlink()
    missing = datasets("--root", root, "check", "lol", "--json")
    assert missing.exit_code == 1
    assert missing.stdout.count("\n") == 1
    told = json.loads(missing.stdout)
    assert (told["dataset"], told["whole"]) == ("lol", False)
    (part,) = (f for f in told["findings"] if f["missing"])
    assert part["missing"] == [f"light_enhance/eval15/low/{picture.name}"]
    assert (part["present"], part["expected"]) == (2, 3)


def test_only_the_first_files_are_listed():
    names = tuple(f"f{i}" for i in range(25))
    findings = [Finding("a", 0, 25, names), Finding("b", 1, note="painterkit prepare makes it")]
    short = report(findings, 20)
    assert "missing: f19" in short
    assert "missing: f20" not in short
    assert "missing: and 5 more of a; --all lists them" in short
    assert "painterkit prepare makes it" in short
    assert "missing: f24" in report(findings, None)


def test_reasons_name_the_tasks_that_lack():
    assert reason({}, 2) == ""
    assert reason({"a": "no file", "b": "other"}, 2) == "no file"
    assert reason({"a": "no file"}, 2) == "a: no file"


def test_bad_usage(root: Path):
    assert "unknown dataset 'cocoa'" in datasets("check", "cocoa", "--root", root).stderr
    assert datasets("check", "coco").exit_code == 2
    assert datasets("chek").exit_code == 2
