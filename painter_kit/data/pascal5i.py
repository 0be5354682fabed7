"""PASCAL-5i: the 20 classes of VOC 2012 in four folds, in the layout of the usual loaders.

``pascal5i/VOC2012/JPEGImages/NAME.jpg``, ``pascal5i/VOC2012/SegmentationClassAug/NAME.png`` (class
number 1..20, 255 on borders) and ``pascal5i/splits/{trn,val}/foldN.txt``, whose lines are
``NAME__CC`` with the class number in two digits. List N of either split names pictures of the
five classes of fold N. Queries and supports of tests are from ``val``; ``trn`` is the pool.

``--data pascal5i`` are all folds, ``pascal5i:N`` one, ``pascal5i:CLASS`` a class.
"""

from __future__ import annotations

import re
from pathlib import Path

from painter_kit.data.class_masks import ClassMask, ClassMaskData
from painter_kit.data.folds import FOLDS, Folded
from painter_kit.data.present import is_inside
from painter_kit.documents import read_text
from painter_kit.errors import InputError, MissingError

FOLDER = "pascal5i"
CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa"),
    *("train", "tvmonitor"),
)
_LINE = re.compile(r"(.+?)__(\d{1,2})")
PER_FOLD = len(CLASSES) // FOLDS
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
    try:
        lines = read_text(path).splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); get it anew") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        line_form = _LINE.fullmatch(line.strip())
        label = int(line_form[2]) if line_form else 0
        if line_form is None or not 1 <= label <= len(CLASSES) or not is_inside(line_form[1]):
            raise InputError(
                f"{path}, line {number}: expected NAME__CC with CC in 01..20: {line:.80}"
            )
        found.append(_entry(folder, line_form[1], label))
    return found


def _entry(folder: Path, name: str, label: int) -> ClassMask:
    voc = folder / "VOC2012"
    image, mask = voc / "JPEGImages" / f"{name}.jpg", voc / "SegmentationClassAug" / f"{name}.png"
    return ClassMask(CLASSES[label - 1], name, image, mask, label)


def open_pascal5i(argument: str, root: Path | None) -> ClassMaskData:
    """All folds, or the fold or class ``argument``. Raises ``InputError`` for another."""
    return Folded(FOLDER, CLASSES, fold_of, fold_entries, UNPACK).open(argument, root)
