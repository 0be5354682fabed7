"""COCO-20i: the 80 classes of COCO in four folds (class index modulo 4), on COCO 2014's pictures.

``coco20i/COCO2014/{train2014,val2014}/COCO_..._%012d.jpg``, masks of equal name below
``COCO2014/annotations/`` (class index + 1, 0 none), and ``coco20i/splits/{trn,val}/foldN.json``:
class index -> pictures. The lists are handed out as pickles (``foldN.pkl``), which can hold code:
they are read by an unpickler that knows numbers, text, lists and mappings alone. ``val`` list N
names pictures of the classes of fold N, ``trn`` list N those of all other folds, so that training
pictures of a fold's classes are found in the list of another.

``--data coco20i`` are all folds, ``coco20i:N`` one, ``coco20i:CLASS`` a class.
"""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from painter_kit.data.class_masks import ClassMask, ClassMaskData
from painter_kit.data.coco_categories import NAMES, THINGS
from painter_kit.data.folds import FOLDS, Folded
from painter_kit.data.present import is_inside
from painter_kit.documents import parse_json
from painter_kit.errors import InputError, MissingError

FOLDER, IMAGES = "coco20i", "COCO2014"
CLASSES = NAMES[:THINGS]
UNPACK = "put COCO2014 (train2014, val2014, annotations) and splits (trn, val) there"


def fold_of(index: int) -> int:
    """The fold of a class, by its place in ``CLASSES``."""
    return index % FOLDS


def list_file(folder: Path, split: str, fold: int) -> Path:
    """The list of a split and fold: JSON where it is there, else the pickle."""
    path = folder / "splits" / split / f"fold{fold}.json"
    return path if path.is_file() else path.with_suffix(".pkl")


def mask_file(folder: Path, picture: str) -> Path:
    """The mask of a picture as lists name it (``val2014/COCO_val2014_....jpg``)."""
    return (folder / IMAGES / "annotations" / picture).with_suffix(".png")


class _Plain(pickle.Unpickler):
    """Reads numbers, text, lists and mappings; anything that names code is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def read_list(path: Path) -> dict[int, list[str]]:
    """Class index -> pictures. Raises ``InputError`` for a list that is missing, broken or holds
    code."""
    if not path.is_file():
        raise MissingError(f"{path} does not exist; {UNPACK}")
    try:
        stored = path.read_bytes()
        data = _Plain(io.BytesIO(stored)).load() if path.suffix == ".pkl" else parse_json(stored)
    except Exception as error:  # a broken pickle can raise anything
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is no plain list of pictures ({reason}); get it anew") from None
    return _checked(path, data)


def _checked(path: Path, data: object) -> dict[int, list[str]]:
    if not isinstance(data, Mapping):
        raise InputError(f"{path} must map class indices to pictures; get it anew")
    found: dict[int, list[str]] = {}
    for key, names in data.items():
        index = int(key) if re.fullmatch(r"\d{1,2}", str(key)) else -1
        if not 0 <= index < len(CLASSES) or not isinstance(names, list | tuple):
            raise InputError(
                f"{path}: {key!r:.80} must be a class index, 0 to 79, with its pictures"
            )
        wrong = [n for n in names if not isinstance(n, str) or not is_inside(n)]
        if wrong:
            raise InputError(f"{path}: {wrong[0]!r:.80} is no picture below {IMAGES}")
        found[index] = list(names)
    return found


def fold_entries(folder: Path, split: str, fold: int) -> list[ClassMask]:
    """The pictures of a fold's classes in a split, by class, in the list's order within each."""
    wanted = [index for index in range(len(CLASSES)) if fold_of(index) == fold]
    number = fold if split == "val" else (fold + 1) % FOLDS
    found = read_list(list_file(folder, split, number))
    return [_entry(folder, name, index) for index in wanted for name in found.get(index, ())]


def _entry(folder: Path, picture: str, index: int) -> ClassMask:
    image, mask = folder / IMAGES / picture, mask_file(folder, picture)
    return ClassMask(CLASSES[index], Path(picture).stem, image, mask, index + 1)


def open_coco20i(argument: str, root: Path | None) -> ClassMaskData:
    """All folds, or the fold or class ``argument``. Raises ``InputError`` for another."""
    return Folded(FOLDER, CLASSES, fold_of, fold_entries, UNPACK).open(argument, root)
