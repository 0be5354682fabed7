"""FSS-1000: painted pairs of the test classes, and what is missing of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from painter_kit.data.class_masks import ClassMask
from painter_kit.data.fss1000 import (
    FOLDER,
    PER_CLASS,
    SUBSET,
    UNPACK,
    class_entries,
    test_classes,
)
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.class_masks import foreground_step, subset_findings


def _entries(folder: Path) -> Sequence[ClassMask]:
    return [entry for name in test_classes(folder) for entry in class_entries(folder, name)]


STEPS = (foreground_step(FOLDER, {SUBSET: _entries}, UNPACK),)


def check(root: Path, deep: bool) -> list[Finding]:
    """The test classes as a whole: classes that are missing, pictures and masks."""
    folder = root / FOLDER
    if not folder.is_dir():
        return [Finding(FOLDER, 0, missing=(FOLDER,), note=UNPACK)]
    names = test_classes(folder)
    absent = tuple(f"{FOLDER}/{name}" for name in names if not (folder / name).is_dir())
    classes = Finding(
        "test classes", len(names) - len(absent), len(names), absent, note=UNPACK if absent else ""
    )
    entries = _entries(folder)
    return [
        classes,
        *subset_findings(root, "test", entries, PER_CLASS * len(names), UNPACK, deep),
    ]
