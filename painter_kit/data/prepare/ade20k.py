"""Painted class maps of ADE20K for training, and index maps as other tools evaluate by."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.ade20k import (
    ANNOTATIONS,
    INDEX,
    SUBSETS,
    Ade20kData,
    Entry,
    ade20k_folder,
    read_labels,
    split_entries,
)
from painter_kit.data.pairs import present_pairs, write_pair_list
from painter_kit.data.pictures import picture_size, read_image, read_index, write_png
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.data.prepare.check import Files, pictures
from painter_kit.data.present import missing_files
from painter_kit.errors import InputError, MissingError
from painter_kit.tasks.base import get_task
from painter_kit.types import Image

TYPE = "ade20k_image2semantic"
PAINTED = "annotations_with_color"
PICTURES = {"training": 20_210, "validation": 2_000}  # as published

_UNPACK = "unpack ADEChallengeData2016 there"
_PREPARE = "painterkit prepare ade20k makes it; evaluation does not need it"

logger = logging.getLogger(__name__)


def painted_file(entry: Entry) -> Path:
    """The picture's painted class map."""
    return entry.folder / PAINTED / entry.split / f"{entry.name}.png"


def index_file(entry: Entry) -> Path:
    """The picture's map of class indices from 0, 255 for none."""
    return entry.folder / INDEX / entry.split / f"{entry.name}.png"


def painted(entry: Entry) -> Image:
    """uint8 (H, W, 3): every class in its colour, pixels without one black."""
    labels = read_labels(entry)
    return get_task("semantic").encode(
        {"labels": labels}, Ade20kData(None).spec("semantic"), labels.shape
    )


def write_painted(entry: Entry) -> None:
    """Write ``painted_file``."""
    write_png(painted_file(entry), painted(entry))


def write_index(entry: Entry) -> None:
    """Write ``index_file``."""
    write_png(index_file(entry), read_labels(entry))


def _labelled(root: Path) -> list[Entry]:
    """The entries with labels, pictures or not. Raises ``InputError`` when there are none."""
    folder = ade20k_folder(root)
    entries = [entry for split in SUBSETS.values() for entry in split_entries(folder, split)]
    missing = set(missing_files(entry.labels for entry in entries))
    found = [entry for entry in entries if entry.labels not in missing]
    if not found:
        raise MissingError(
            f"{folder / ANNOTATIONS} holds no PNG in training/, validation/; {_UNPACK}"
        )
    return found


def _paint_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    entries = _labelled(root)
    for split in set(SUBSETS.values()) - {entry.split for entry in entries}:
        place = ade20k_folder(root) / ANNOTATIONS / split
        logger.warning("ade20k: %s holds no PNG, so %s is left out", place, split)
    return [Item((painted_file(e),), partial(write_painted, e)) for e in entries]


def _paint_lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    """Write the pair list of every split, of pictures that are there."""
    folder, lists = ade20k_folder(root), []
    for split in SUBSETS.values():
        entries = split_entries(folder, split)
        pairs = present_pairs(root, [(e.image, painted_file(e)) for e in entries], TYPE)
        if pairs:
            path = folder / f"ade20k_{split}_image_semantic.json"
            lists.append(write_pair_list(path, pairs))
    return lists


def _index_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    return [Item((index_file(e),), partial(write_index, e)) for e in _labelled(root)]


def _no_lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    return []


STEPS = (
    Step("semantic", "class maps painted in 150 colours", _paint_items, _paint_lists),
    Step("semseg", "class index maps from 0", _index_items, _no_lists),
)


def check(root: Path, deep: bool) -> list[Finding]:
    """A Finding per folder of pictures; ``deep`` opens every file and compares it."""
    folder = root / "ade20k"
    if not folder.is_dir():
        return [Finding("ade20k", 0, missing=("ade20k",), note=_UNPACK)]
    return [
        group.finding(root, deep) for split in SUBSETS.values() for group in _files(folder, split)
    ]


def _files(folder: Path, split: str) -> Iterator[Files]:
    """The photographs, their labels and what is made of these."""
    entries, count = split_entries(folder, split), PICTURES[split]
    yield Files(folder / "images" / split, pictures(e.image for e in entries), _UNPACK, count)
    source = entries[0].source if entries else ANNOTATIONS
    labels = {entry.labels: partial(_open_labels, entry) for entry in entries}
    yield Files(folder / source / split, labels, _UNPACK, count)
    if source == ANNOTATIONS:
        maps = {index_file(entry): partial(_compare_index, entry) for entry in entries}
        yield Files(folder / INDEX / split, maps, _PREPARE)
    colours = {painted_file(entry): partial(_compare_painted, entry) for entry in entries}
    yield Files(folder / PAINTED / split, colours, _PREPARE)


def _open_labels(entry: Entry) -> None:
    labels = read_labels(entry)
    if entry.image.is_file() and labels.shape != picture_size(entry.image):
        raise InputError(f"{entry.labels} and {entry.image} differ in size; get both anew")


def _compare_index(entry: Entry) -> None:
    _compare(index_file(entry), read_index(index_file(entry)), read_labels(entry))


def _compare_painted(entry: Entry) -> None:
    _compare(painted_file(entry), read_image(painted_file(entry)), painted(entry))


def _compare(path: Path, found: np.ndarray, expected: np.ndarray) -> None:
    if not np.array_equal(found, expected):
        raise InputError(f"{path} is not what its annotation says; remove it and prepare anew")
