"""The table of searches at its smallest, with a network of random weights."""

import logging
from pathlib import Path

import pandas as pd
import pytest
import torch

from benchmarks.search_table.__main__ import main
from painter_kit.model.checkpoint import save_painter
from tests.cli_toys import TINY


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_painter(TINY.build(), TINY, tmp_path / "tiny.safetensors")
    return tmp_path


def table(*args: str) -> int:
    common = ["--checkpoint", "tiny.safetensors", "--n", "4", "--panel", "2", "--batch", "4"]
    return main([*common, "--store", "store", *args])


def test_a_table_is_written_and_a_second_one_costs_nothing(
    work: Path, capsys: pytest.CaptureFixture[str]
):
    assert table("--out", "out", "--tasks", "foreground") == 0
    text = capsys.readouterr().out
    assert text.strip() == (work / "out/search_table.md").read_text().strip()
    rows = pd.read_csv(work / "out/search_table.csv")
    assert list(rows["data"]) == ["world", "world-shifted"]
    assert set(rows["task"]) == {"foreground"}
    assert (work / "out/search_table.png").read_bytes().startswith(b"\x89PNG")
    assert (work / "out/foreground-world/prompt/prompt.json").is_file()
    assert (rows["forwards_new"] > 0).all()
    asked = rows[["forwards_panel", "forwards_select", "forwards_confirm"]].sum(axis=1)
    assert (rows["forwards_new"] + rows["forwards_reused"] == asked).all()

    assert table("--out", "again", "--tasks", "foreground") == 0
    again = pd.read_csv(work / "again/search_table.csv")
    assert (again["forwards_new"] == 0).all()
    same = [name for name in rows if name not in ("forwards_new", "forwards_reused")]
    pd.testing.assert_frame_equal(again[same], rows[same])


def test_the_plan_comes_first_and_alone(work: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    assert table("--out", "out", "--tasks", "depth", "enhance", "--plan") == 0
    text = caplog.text
    for name in ("depth-world: 4 candidates", "depth-world-shifted", "enhance-world"):
        assert name in text
    assert "enhance-world-shifted" not in text
    assert "forwards/s, less what the store holds" in text
    assert not (work / "out").exists()
    assert not (work / "store").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--tasks", "dpeth"), "--tasks dpeth: the table has depth"),
        (("--n", "1"), "--n must be at least 2, to choose and to compare, not 1"),
        (("--strategy", "best"), "--strategy must be one of"),
        (("--checkpoint", "gone.pth"), "checkpoint 'gone.pth': no such file"),
    ],
)
def test_bad_input_is_one_line(
    work: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], words: str
):
    assert table("--out", "out", *args) == 2
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert words in error


def test_a_table_of_one_example_is_none(work: Path, capsys: pytest.CaptureFixture[str]):
    assert table("--out", "out", "--n", "1") == 2
    assert (
        "Error: --n must be at least 2, to choose and to compare, not 1" in capsys.readouterr().err
    )
