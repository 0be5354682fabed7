"""Few-shot segmentation data: one example per picture and category, with the category's mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.data import specs
from painter_kit.data.base import check_task
from painter_kit.data.pictures import read_image, read_index
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Example, Spec

VOID = 255
HALF = 128  # masks without numbers: foreground from this level on
TASKS = ("foreground",)


@dataclass(frozen=True)
class ClassMask:
    """A picture in which a category was labelled.

    ``label`` is the category's number in the mask file, where 255 is void; None for files that
    hold nothing but this category, white. ``name`` is that of the picture, which may show several
    categories and is therefore the group.
    """

    category: str
    name: str
    image: Path
    mask: Path
    label: int | None = None

    @property
    def id(self) -> str:
        """``CATEGORY/NAME``."""
        return f"{self.category}/{self.name}"

    @property
    def group(self) -> str:
        """The picture; names of files that hold one category alone repeat from one to the next."""
        return self.id if self.label is None else self.name

    def read_mask(self) -> npt.NDArray[np.uint8]:
        """uint8 (H, W): 1 where the category is, 255 where nobody knows, else 0.

        Raises ``InputError`` for files that cannot be read and for masks without the category.
        """
        if self.label is None:
            mask = (read_image(self.mask).mean(axis=2) >= HALF).astype(np.uint8)
        else:
            numbers = read_index(self.mask)
            mask = np.where(numbers == VOID, VOID, numbers == self.label).astype(np.uint8)
        if not (mask == 1).any():
            raise InputError(f"{self.mask} does not show {self.category}; get it anew")
        return mask


@dataclass(frozen=True)
class ClassMasks:
    """Pictures and categories as examples, read when asked for; truth is ``mask``."""

    entries: tuple[ClassMask, ...]

    @property
    def ids(self) -> Sequence[str]:
        """``CATEGORY/NAME`` of every example."""
        return [entry.id for entry in self.entries]

    @property
    def groups(self) -> Sequence[str]:
        """The picture of every example."""
        return [entry.group for entry in self.entries]

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int, /) -> Example:
        entry = self.entries[index]
        image, mask = read_image(entry.image), entry.read_mask()
        if image.shape[:2] != mask.shape:
            raise InputError(
                f"{entry.mask} is {mask.shape[1]} x {mask.shape[0]} but {entry.image} is "
                f"{image.shape[1]} x {image.shape[0]}; get both anew"
            )
        return Example(entry.id, entry.group, image, {"mask": mask})

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class ClassMaskData:
    """A few-shot dataset: ``listed[subset]()`` lists the pictures of a subset.

    ``sources`` say which subset each split is drawn from; ``advice`` what to do when a subset
    turns out empty.
    """

    name: str
    listed: Mapping[str, Callable[[], tuple[ClassMask, ...]]] = field(hash=False)
    sources: Mapping[str, str] = field(hash=False)
    advice: str
    tasks: tuple[str, ...] = TASKS

    def spec(self, task: str) -> Spec[Any]:
        """Foreground in two fixed greys. Raises ``InputError`` for another task."""
        check_task(self, task)
        return specs.foreground_spec(self.name)

    def examples(self, task: str, subset: str) -> ClassMasks:
        """The examples of a subset, category by category.

        Raises ``InputError`` for another task or subset and when the subset has no pictures.
        """
        check_task(self, task)
        if subset not in self.listed:
            raise InputError(f"--data {self.name} has the subsets {', '.join(self.listed)}")
        entries = self.listed[subset]()
        if not entries:
            raise MissingError(
                f"--data {self.name}: subset {subset} has no pictures; {self.advice}"
            )
        return ClassMasks(entries)
