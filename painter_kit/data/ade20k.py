"""``--data ade20k``: 150 classes, ADE20K with the protocol of the released code.

Splits pool, select and confirm are drawn from the training pictures, test is the validation set
at the pictures' own size. Truth is ``labels`` uint8 (H, W): the number in the PNG of
``annotations/`` minus 1, 255 where that is 0 (another class or none). Without that folder the
same is read from ``annotations_detectron2/``. Painted files are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data import specs
from painter_kit.data.ade20k_classes import NAMES
from painter_kit.data.base import check_task
from painter_kit.data.pictures import read_image, read_index
from painter_kit.data.present import dataset_folder, require_files
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.colors import VOID
from painter_kit.types import Example, Pair, Spec

SUBSETS = {"train": "training", "test": "validation"}
ANNOTATIONS, INDEX = "annotations", "annotations_detectron2"
# The prompt of the released evaluation script, and the one that its program has without it.
PROMPTS = ("ADE_train_00009574", "ADE_train_00014165")
_ADVICE = "unpack ADEChallengeData2016 there (images/ and annotations/)"


class Entry(NamedTuple):
    """One picture of ``training`` or ``validation``; ``source`` is the folder of its labels."""

    folder: Path
    split: str
    name: str
    source: str = ANNOTATIONS

    @property
    def image(self) -> Path:
        """The photograph."""
        return self.folder / "images" / self.split / f"{self.name}.jpg"

    @property
    def labels(self) -> Path:
        """The file of its labels."""
        return self.folder / self.source / self.split / f"{self.name}.png"


def ade20k_folder(root: Path | None) -> Path:
    """``root/ade20k``. Raises ``InputError`` without it."""
    return dataset_folder(root, "ade20k", "ade20k", _ADVICE)


def split_entries(folder: Path, split: str) -> tuple[Entry, ...]:
    """Whatever has a picture or labels, in order of the names; either may lack the other."""
    source = _source(folder, split)
    images = {path.stem for path in (folder / "images" / split).glob("*.jpg")}
    labels = {path.stem for path in (folder / source / split).glob("*.png")}
    return tuple(Entry(folder, split, name, source) for name in sorted(images | labels))


def _source(folder: Path, split: str) -> str:
    official = (folder / ANNOTATIONS / split).is_dir()
    return ANNOTATIONS if official or not (folder / INDEX / split).is_dir() else INDEX


def read_labels(entry: Entry) -> npt.NDArray[np.uint8]:
    """uint8 (H, W): class 0..149, 255 for none. Raises ``InputError`` for another number."""
    numbers = read_index(entry.labels)
    if entry.source == ANNOTATIONS:
        wrong, expected = numbers[numbers > len(NAMES)], "0 (none) to 150"
    else:
        wrong, expected = numbers[(numbers >= len(NAMES)) & (numbers != VOID)], "0 to 149 or 255"
    if wrong.size:
        raise InputError(
            f"{entry.labels} holds {wrong[0]}; expected {expected}, as ADEChallengeData2016 has "
            "them (the full ADE20K with its thousands of classes is another dataset)"
        )
    labels = numbers.astype(np.uint8)
    return labels - np.uint8(1) if entry.source == ANNOTATIONS else labels  # 0 - 1 is 255


def read_example(entry: Entry) -> Example:
    """Picture and labels. Raises ``InputError`` when they differ in size."""
    image, labels = read_image(entry.image), read_labels(entry)
    if image.shape[:2] != labels.shape:
        raise InputError(
            f"{entry.labels} is {labels.shape[1]} x {labels.shape[0]} but {entry.image} is "
            f"{image.shape[1]} x {image.shape[0]}; get both anew"
        )
    return Example(entry.name, entry.name, image, {"labels": labels})


@dataclass(frozen=True)
class Ade20kExamples:
    """Pictures with labels, read when asked for; every picture is a group of its own."""

    entries: tuple[Entry, ...]

    @property
    def ids(self) -> Sequence[str]:
        """Names without suffix, sorted."""
        return [entry.name for entry in self.entries]

    @property
    def groups(self) -> Sequence[str]:
        """The names again."""
        return self.ids

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int, /) -> Example:
        return read_example(self.entries[index])

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class Ade20kData:
    """ADE20K in ``root/ade20k``; the root may be named later than the tasks."""

    root: Path | None
    name: str = "ade20k"
    tasks: tuple[str, ...] = ("semantic",)

    @property
    def sources(self) -> Mapping[str, str]:
        """Training splits are cut from the training pictures, test is the validation set."""
        return {"pool": "train", "select": "train", "confirm": "train", "test": "test"}

    def spec(self, task: str) -> Spec[Any]:
        """The released constants. Raises ``InputError`` for another task.

        The prompt's colours are resized bicubically, blended at borders, as the released
        evaluation does; ``target_resize`` switches that.
        """
        check_task(self, task)
        return replace(specs.class_spec(self.name, task, NAMES), target_resize="bicubic")

    def examples(self, task: str, subset: str) -> Ade20kExamples:
        """The pictures of the subset ``train`` or ``test``.

        Raises ``InputError`` naming the first file that is missing.
        """
        check_task(self, task)
        if subset not in SUBSETS:
            raise InputError(f"--data {self.name} has the subsets {', '.join(SUBSETS)}")
        folder, split = ade20k_folder(self.root), SUBSETS[subset]
        entries = split_entries(folder, split)
        if not entries:
            raise InputError(f"{folder / 'images' / split} holds no pictures; {_ADVICE}")
        require_files((path for entry in entries for path in (entry.image, entry.labels)), _ADVICE)
        return Ade20kExamples(entries)

    def released(self, task: str, name: str = PROMPTS[0]) -> Pair:
        """The training picture ``name`` of ``PROMPTS``, painted.

        Raises ``InputError`` naming the file that is missing.
        """
        check_task(self, task)
        folder = ade20k_folder(self.root)
        entry = Entry(folder, SUBSETS["train"], name, _source(folder, SUBSETS["train"]))
        require_files(
            (entry.image, entry.labels), f"the released prompt is a training picture: {_ADVICE}"
        )
        return make_pair(get_task(task), self.spec(task), read_example(entry))


def open_ade20k(argument: str, root: Path | None = None) -> Ade20kData:
    """The dataset of ``--data ade20k``. Raises ``InputError`` for an argument after the colon."""
    if argument:
        raise InputError(f"--data ade20k takes no argument but got {argument!r}")
    return Ade20kData(root)
