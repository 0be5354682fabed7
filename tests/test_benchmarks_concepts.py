"""The command that makes the documentation's pictures, in small and for real."""

from pathlib import Path

import pytest

from benchmarks.concepts.__main__ import main

DOCS = Path(__file__).resolve().parents[1] / "docs"
PICTURES = {
    "concepts.md": ("concepts-canvas.png", "concepts-flow.svg", "concepts-splits.svg"),
    "intervals.md": ("intervals-chosen.svg",),
}


def test_pages_show_every_picture():
    for page, names in PICTURES.items():
        text = (DOCS / page).read_text(encoding="utf-8")
        assert [n for n in names if f"({n})" not in text or not (DOCS / n).is_file()] == []


def test_plan_costs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--out", str(tmp_path / "out"), "--pool", "8", "--images", "6", "--plan"]) == 0
    assert "plan: 192 forwards" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_loaded_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--out", str(tmp_path), "--checkpoint", "nothing.pth"]) == 2
    assert "nothing.pth" in capsys.readouterr().err


@pytest.mark.slow
def test_pictures_are_made_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out, store = tmp_path / "out", str(tmp_path / "store")
    flags = ["--out", str(out), "--store", store, "--pool", "3", "--images", "3"]
    assert main(flags) == 0
    made = sorted(path.name for path in out.iterdir())
    assert made == sorted(name for names in PICTURES.values() for name in names)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("world: the best of 3 leads their mean by +")
    assert second.startswith("world-shifted: the best of 3 ")
