"""PASCAL-5i: painted pairs of every list, and what is missing of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.class_masks import ClassMask
from painter_kit.data.folds import FOLDS, SPLITS
from painter_kit.data.pascal5i import FOLDER, UNPACK, fold_entries, list_file
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.class_masks import foreground_step, subset_findings

# Lines of the lists as published, by split and fold.
LINES = {"val": (346, 451, 725, 346), "trn": (2286, 3425, 5883, 2086)}


def _entries(split: str, folder: Path) -> Sequence[ClassMask]:
    return [entry for fold in range(FOLDS) for entry in fold_entries(folder, split, fold)]


STEPS = (foreground_step(FOLDER, {split: partial(_entries, split) for split in SPLITS}, UNPACK),)


def check(root: Path, deep: bool) -> list[Finding]:
    """Pictures and masks of every list."""
    folder = root / FOLDER
    if not folder.is_dir():
        return [Finding(FOLDER, 0, missing=(FOLDER,), note=UNPACK)]
    found = []
    for split in SPLITS:
        for fold in range(FOLDS):
            path = list_file(folder, split, fold)
            if not path.is_file():
                name = path.relative_to(root).as_posix()
                found.append(Finding(name, 0, missing=(name,), note=UNPACK))
                continue
            entries = fold_entries(folder, split, fold)
            expected = LINES[split][fold]
            part = f"{split} fold {fold}"
            found += subset_findings(root, part, entries, expected, UNPACK, deep)
    return found
