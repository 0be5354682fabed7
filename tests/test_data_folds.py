"""What ``--data SET:ARGUMENT`` means of a set in four folds."""

from pathlib import Path

import pytest

from painter_kit.data.class_masks import ClassMask
from painter_kit.data.folds import Folded
from painter_kit.errors import InputError

CLASSES = tuple("abcdefgh")


def entries(folder: Path, split: str, fold: int) -> list[ClassMask]:
    """One picture of each of the fold's classes, whose files are never read."""
    return [
        ClassMask(c, split, folder / c, folder / c, i)
        for i, c in enumerate(CLASSES)
        if i % 4 == fold
    ]


FOLDED = Folded("letters", CLASSES, lambda index: index % 4, entries, "write some")


@pytest.mark.parametrize(("argument", "categories"), [("", "aebfcgdh"), ("2", "cg"), ("g", "g")])
def test_folds_and_classes_are_chosen(tmp_path: Path, argument: str, categories: str):
    (tmp_path / "letters").mkdir()
    data = FOLDED.open(argument, tmp_path)
    assert data.name == ("letters:" + argument if argument else "letters")
    found = data.examples("foreground", "val")
    assert found.ids == [f"{category}/val" for category in categories]


@pytest.mark.parametrize("argument", ["4", "z"])
def test_others_are_refused(tmp_path: Path, argument: str):
    with pytest.raises(
        InputError, match=f"letters:{argument}: give a fold, 0 to 3, or a class: a, b"
    ):
        FOLDED.open(argument, tmp_path)


def test_a_missing_folder_is_named_when_pictures_are_asked_for(tmp_path: Path):
    with pytest.raises(InputError, match=r"letters.*write some"):
        FOLDED.open("", tmp_path).examples("foreground", "val")
