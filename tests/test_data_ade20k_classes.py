from pathlib import Path

from painter_kit.data.ade20k_classes import NAMES
from painter_kit.data.layouts.ade20k import ADE_NUMBERS
from tests.sample_data import copy_samples


def test_150_different_classes_in_their_order():
    assert len(NAMES) == len(set(NAMES)) == 150
    assert (NAMES[0], NAMES[149]) == ("wall", "flag")
    assert all(name == name.strip() and "\n" not in name for name in NAMES)
    assert NAMES[44] == "chest of drawers"


def test_the_layout_s_numbers_mean_what_their_comments_say():
    assert NAMES[ADE_NUMBERS["wall"] - 1] == "wall"
    assert NAMES[ADE_NUMBERS["floor"] - 1] == "floor"
    assert [NAMES[ADE_NUMBERS[name] - 1] for name in ("disc", "triangle", "ring")] == [
        *("ball", "tent", "clock")
    ]


def test_the_official_table(tmp_path: Path):
    folder = copy_samples("ade20k", tmp_path)
    rows = (folder / "objectInfo150.txt").read_text().splitlines()[1:]
    first = [row.split("\t")[-1].split(",")[0].strip() for row in rows]
    assert list(NAMES) == first
