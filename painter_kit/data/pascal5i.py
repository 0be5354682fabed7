"""PASCAL-5i: the 20 classes of VOC 2012 in four folds, in the layout of the usual loaders.

``pascal5i/VOC2012/JPEGImages/NAME.jpg``, ``pascal5i/VOC2012/SegmentationClassAug/NAME.png`` (class
number 1..20, 255 on borders) and ``pascal5i/splits/{trn,val}/foldN.txt``, whose lines are
``NAME__CC`` with the class number in two digits. List N of either split names pictures of the
five classes of fold N. Queries and supports of tests are from ``val``; ``trn`` is the pool.

``--data pascal5i`` are all folds, ``pascal5i:N`` one, ``pascal5i:CLASS`` a class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.class_masks import ClassMask, ClassMaskData
from painter_kit.data.present import dataset_folder
from painter_kit.errors import InputError, MissingError

FOLDER, FOLDS = "pascal5i", 4
CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa"),
    *("train", "tvmonitor"),
)
PER_FOLD = len(CLASSES) // FOLDS
SPLITS = ("trn", "val")
SOURCES = {"pool": "trn", "select": "trn", "confirm": "trn", "test": "val"}
UNPACK = "put VOC2012 (JPEGImages, SegmentationClassAug) and splits (trn, val) there"


def fold_of(index: int) -> int:
    """The fold of a class, by its place in ``CLASSES``."""
    return index // PER_FOLD


def list_file(folder: Path, split: str, fold: int) -> Path:
    """The list of a split and fold."""
    return folder / "splits" / split / f"fold{fold}.txt"


def fold_entries(folder: Path, split: str, fold: int) -> list[ClassMask]:
    """The pictures of a list, in its order.

    Raises ``InputError`` for a list that is missing or has a line of another form.
    """
    path = list_file(folder, split, fold)
    if not path.is_file():
        raise MissingError(f"{path} does not exist; {UNPACK}")
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        name, _, label = line.strip().partition("__")
        if not label.isdecimal() or not 1 <= int(label) <= len(CLASSES):
            raise InputError(f"{path}, line {number}: expected NAME__CC with CC in 01..20: {line}")
        found.append(_entry(folder, name, int(label)))
    return found


def _entry(folder: Path, name: str, label: int) -> ClassMask:
    voc = folder / "VOC2012"
    image, mask = voc / "JPEGImages" / f"{name}.jpg", voc / "SegmentationClassAug" / f"{name}.png"
    return ClassMask(CLASSES[label - 1], name, image, mask, label)


def _entries(
    root: Path | None, name: str, split: str, folds: Sequence[int], category: str
) -> tuple[ClassMask, ...]:
    folder = dataset_folder(root, name, FOLDER, UNPACK)
    found = (entry for fold in folds for entry in fold_entries(folder, split, fold))
    return tuple(entry for entry in found if category in ("", entry.category))


def open_pascal5i(argument: str, root: Path | None) -> ClassMaskData:
    """All folds, or the fold or class ``argument``. Raises ``InputError`` for another."""
    folds, category = choose(argument, FOLDER, CLASSES, fold_of)
    name = f"{FOLDER}:{argument}" if argument else FOLDER
    listed = {split: partial(_entries, root, name, split, folds, category) for split in SPLITS}
    return ClassMaskData(name, listed, SOURCES, UNPACK)


def choose(
    argument: str, data: str, classes: Sequence[str], fold_of: Callable[[int], int]
) -> tuple[tuple[int, ...], str]:
    """Folds and class (empty: all of these) that ``--data DATA:ARGUMENT`` means."""
    if not argument:
        return tuple(range(FOLDS)), ""
    if argument.isdecimal() and int(argument) < FOLDS:
        return (int(argument),), ""
    if argument in classes:
        return (fold_of(classes.index(argument)),), argument
    raise InputError(
        f"--data {data}:{argument}: give a fold, 0 to {FOLDS - 1}, or a class: {', '.join(classes)}"
    )
