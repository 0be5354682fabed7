"""Few-shot sets whose classes come in four folds: PASCAL-5i and COCO-20i."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from painter_kit.data.class_masks import ClassMask, ClassMaskData
from painter_kit.data.present import dataset_folder
from painter_kit.errors import InputError

FOLDS = 4
SPLITS = ("trn", "val")
SOURCES = {"pool": "trn", "select": "trn", "confirm": "trn", "test": "val"}


@dataclass(frozen=True)
class Folded:
    """A set in ``folder``: ``fold_of`` a class by its place in ``classes``, and
    ``fold_entries(folder, split, fold)``, the pictures of a fold's classes in a split."""

    folder: str
    classes: Sequence[str]
    fold_of: Callable[[int], int]
    fold_entries: Callable[[Path, str, int], list[ClassMask]]
    unpack: str

    def open(self, argument: str, root: Path | None) -> ClassMaskData:
        """All folds, or the fold or class ``argument``. Raises ``InputError`` for another."""
        folds, category = self._chosen(argument)
        name = f"{self.folder}:{argument}" if argument else self.folder
        listed = {
            split: partial(self._entries, root, name, split, folds, category) for split in SPLITS
        }
        advice = f"{self.unpack} ({root / self.folder})" if root else self.unpack
        return ClassMaskData(name, listed, SOURCES, advice)

    def _chosen(self, argument: str) -> tuple[tuple[int, ...], str]:
        """Folds and class (empty: all of these) that ``--data FOLDER:ARGUMENT`` means."""
        if not argument:
            return tuple(range(FOLDS)), ""
        if argument.isdecimal() and int(argument) < FOLDS:
            return (int(argument),), ""
        if argument in self.classes:
            return (self.fold_of(self.classes.index(argument)),), argument
        raise InputError(
            f"--data {self.folder}:{argument}: give a fold, 0 to {FOLDS - 1}, or a class: "
            f"{', '.join(self.classes)}"
        )

    def _entries(
        self, root: Path | None, name: str, split: str, folds: Sequence[int], category: str
    ) -> tuple[ClassMask, ...]:
        folder = dataset_folder(root, name, self.folder, self.unpack)
        found = (entry for fold in folds for entry in self.fold_entries(folder, split, fold))
        return tuple(entry for entry in found if category in ("", entry.category))
