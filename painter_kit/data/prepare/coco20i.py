"""COCO-20i: masks that are not there, painted pairs, and what is missing.

Masks are handed out with the lists; those that are missing are drawn from COCO 2014's instances,
larger ones first, so that smaller ones lie on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.class_masks import ClassMask
from painter_kit.data.coco20i import (
    FOLDER,
    IMAGES,
    UNPACK,
    fold_entries,
    list_file,
    mask_file,
)
from painter_kit.data.coco_categories import INDEX
from painter_kit.data.drawn import draw
from painter_kit.data.folds import FOLDS, SPLITS
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.data.prepare.class_masks import foreground_step, subset_findings
from painter_kit.data.present import missing_files
from painter_kit.documents import read_json
from painter_kit.errors import InputError, MissingError

# Pictures and categories of the validation lists as published, by fold.
LINES = (35783, 17912, 14563, 14315)
YEARS = ("train2014", "val2014")


def _no_lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    return []


def _mask_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    """A mask for every picture of the lists that has none, where its instances are there."""
    folder = root / FOLDER
    wanted = {entry.mask for split in SPLITS for entry in _entries(split, folder)}
    items = []
    for year in YEARS:
        path = folder / IMAGES / "annotations" / f"instances_{year}.json"
        if path.is_file():
            items += _of_year(folder, year, _read(path), wanted)
    if not items:
        raise MissingError(
            f"{folder / IMAGES / 'annotations'} holds no instances_*.json of pictures in the "
            "lists; it is needed only where masks are missing"
        )
    return items


def _read(path: Path) -> dict[str, Any]:
    try:
        data = read_json(path)
        return {"images": data["images"], "annotations": data["annotations"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not COCO's file of instances ({error}); get it anew") from None


def _of_year(folder: Path, year: str, data: dict[str, Any], wanted: set[Path]) -> list[Item]:
    instances: dict[int, list[dict[str, Any]]] = {}
    for one in data["annotations"]:
        instances.setdefault(one["image_id"], []).append(one)
    items = []
    for image in data["images"]:
        target = mask_file(folder, f"{year}/{image['file_name']}")
        if target in wanted:
            size = int(image["height"]), int(image["width"])
            make = partial(write_mask, target, size, instances.get(image["id"], []))
            items.append(Item((target,), make))
    return items


def write_mask(target: Path, size: tuple[int, int], instances: Sequence[dict[str, Any]]) -> None:
    """Write class index + 1 of every pixel, uint8 (H, W), 0 where nothing is."""
    labels = np.zeros(size, np.uint8)
    for one in sorted(instances, key=lambda instance: -float(instance["area"])):
        try:
            labels[draw(one["segmentation"], size)] = INDEX[one["category_id"]] + 1
        except (ValueError, TypeError) as error:
            raise InputError(
                f"{target}: the annotation of an object cannot be drawn ({error}); get the "
                "annotations anew"
            ) from error
    write_png(target, labels)


def _entries(split: str, folder: Path) -> Sequence[ClassMask]:
    """What the lists of a split name, of those that are there. Raises when none is."""
    found, errors = [], []
    for fold in range(FOLDS):
        try:
            found += fold_entries(folder, split, fold)
        except MissingError as error:
            errors.append(error)
    if len(errors) == FOLDS:
        raise errors[0]
    return found


STEPS = (
    Step("masks", "missing masks from COCO 2014's instances", _mask_items, _no_lists),
    foreground_step(FOLDER, {split: partial(_entries, split) for split in SPLITS}, UNPACK),
)


def check(root: Path, deep: bool) -> list[Finding]:
    """Lists of both splits; pictures and masks of every fold."""
    folder = root / FOLDER
    if not folder.is_dir():
        return [Finding(FOLDER, 0, missing=(FOLDER,), note=UNPACK)]
    paths = [list_file(folder, split, fold) for split in SPLITS for fold in range(FOLDS)]
    absent = tuple(path.relative_to(root).as_posix() for path in missing_files(paths))
    note = UNPACK if absent else ""
    found = [Finding("lists", len(paths) - len(absent), len(paths), absent, note=note)]
    for fold in range(FOLDS):
        for split in SPLITS:
            number = fold if split == "val" else (fold + 1) % FOLDS
            if list_file(folder, split, number).is_file():
                entries = fold_entries(folder, split, fold)
                expected = LINES[fold] if split == "val" else None
                part = f"{split} fold {fold}"
                found += subset_findings(root, part, entries, expected, UNPACK, deep)
    return found
