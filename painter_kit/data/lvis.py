"""``--data lvis``: class-agnostic instances of over a thousand categories (LVIS v1).

Layout: ``lvis/annotations/lvis_v1_{train,val}.json`` (or directly in ``lvis/``), pictures of COCO
2017 in ``coco/train2017`` and ``coco/val2017`` (or below ``lvis/``). Splits pool, select and
confirm are drawn from the training file. Test is what the validation file has of val2017: LVIS took
three quarters of its validation pictures from COCO's train2017, on which the released Painter was
trained. ``lvis:full`` tests on all of them, ``lvis:v0.5`` reads the first release.

What is measured, and what LVIS's federated annotation allows (``tasks/kinds.py``):

* ``ar`` (primary): recall among the best 100 detections, mean over IoU 0.50 to 0.95, and the same
  of categories by kind, ``ar_things``, ``ar_stuff`` and ``ar_novel`` (``data/lvis_classes.py``).
  Recall asks only for objects that are annotated, so that it is unharmed by those that are not.
* ``ap`` and its ranges, without categories. LVIS annotates each category in some pictures only, and
  lists per picture which categories are verified to be absent or not annotated exhaustively; its
  own evaluation leaves a category's detections out where it is neither present nor verified. A
  detection without a category cannot be left out by that rule: those of objects that nobody
  annotated count as false. ``ap`` is a lower bound, comparable between prompts and models on these
  pictures, not with class-wise AP of LVIS.

Objects that LVIS annotates under two categories stay two objects. LVIS has no crowds. Detections
are limited to 100 a picture (LVIS: 300); ``--protocol keep=300`` changes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data import specs
from painter_kit.data.base import check_task
from painter_kit.data.coco_files import outline_masks
from painter_kit.data.lvis_files import (
    TRAIN,
    VAL,
    VERSIONS,
    Annotated,
    annotation_file,
    picture_file,
    read_lvis,
)
from painter_kit.data.pictures import read_image
from painter_kit.data.present import require_files
from painter_kit.errors import InputError
from painter_kit.types import Example, Examples, Spec, Truth

TASK = "instance"
SUBSETS = {"train": TRAIN, "test": VAL}
CLEAN = "val2017"  # what the released model was not trained on
LEAST_SIDE = 32  # smaller pictures are no training data for instances, as of COCO
_PICTURES = (
    "the annotations list such pictures: unpack COCO 2017's train2017 and val2017 into coco/"
)


@dataclass(frozen=True)
class LvisExamples:
    """Pictures with their objects, read when asked for; ids are COCO's names."""

    root: Path
    pictures: tuple[Annotated, ...]

    @property
    def ids(self) -> Sequence[str]:
        """Names of the pictures without suffix."""
        return [picture.listed.stem for picture in self.pictures]

    @property
    def groups(self) -> Sequence[str]:
        """Every picture is a group of its own."""
        return self.ids

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int, /) -> Example:
        picture = self.pictures[index]
        path, stem = picture_file(self.root, picture.listed), picture.listed.stem
        image = read_image(path)
        if image.shape[:2] != picture.listed.size:
            raise InputError(
                f"{path} is {image.shape[1]} x {image.shape[0]} but its annotation is of another "
                "size; get both anew"
            )
        return Example(stem, stem, image, lvis_truth(picture, path))

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


def lvis_truth(picture: Annotated, path: Path) -> Truth:
    """``masks`` bool (N, H, W), the largest first, so that painting leaves smaller ones on top;
    ``crowd``, ``areas`` as annotated, ``categories`` (ids) and ``kinds`` of each; ``path`` is that
    of the picture, for errors."""
    order = np.argsort([-o.area for o in picture.outlines], kind="stable").astype(int)
    outlines = [picture.outlines[i] for i in order]
    return {
        "masks": outline_masks(outlines, picture.listed.size, path),
        "crowd": np.zeros(len(outlines), bool),
        "areas": np.array([o.area for o in outlines], np.float64),
        "categories": np.array([o.category for o in outlines], np.int64),
        "kinds": np.array([picture.kinds[i] for i in order], np.int64),
    }


def paintable(picture: Annotated) -> bool:
    """Whether a picture can be a training example: it has objects and is not tiny."""
    return bool(picture.outlines) and min(picture.listed.size) >= LEAST_SIDE


@dataclass(frozen=True)
class LvisData:
    """LVIS below ``root``; ``full`` tests on all validation pictures."""

    root: Path | None
    name: str = "lvis"
    version: str = VERSIONS[0]
    full: bool = False
    tasks: tuple[str, ...] = (TASK,)

    @property
    def sources(self) -> Mapping[str, str]:
        """Training splits are cut from the training file."""
        return {"pool": "train", "select": "train", "confirm": "train", "test": "test"}

    def spec(self, task: str) -> Spec[Any]:
        """COCO's constants, recall being the primary metric. ``InputError`` for another task."""
        check_task(self, task)
        return replace(specs.instance_spec(self.name), metric="ar", target_resize="bicubic")

    def examples(self, task: str, subset: str) -> Examples:
        """The pictures of the subset ``train`` (with objects) or ``test``.

        Raises ``InputError`` naming the first file that is missing.
        """
        root, _, pictures = self._listed(task, subset)
        require_files((picture_file(root, p.listed) for p in pictures), _PICTURES)
        return LvisExamples(root, pictures)

    def categories(self, task: str, subset: str) -> Mapping[str, tuple[str, ...]]:
        """Names of the categories in every picture of a subset, by id; COCO's where it has them."""
        _, path, pictures = self._listed(task, subset)
        names = {category.image_id: category.known for category in read_lvis(path).categories}
        return {
            p.listed.stem: tuple(sorted({names[o.category] for o in p.outlines})) for p in pictures
        }

    def _listed(self, task: str, subset: str) -> tuple[Path, Path, tuple[Annotated, ...]]:
        """The root, the annotation file and its pictures that belong to the subset."""
        check_task(self, task)
        if subset not in SUBSETS:
            raise InputError(f"--data {self.name} has the subsets {', '.join(SUBSETS)}")
        if self.root is None:
            raise InputError(
                f"--data {self.name} needs --data-root DIR, the folder that holds lvis/ and coco/"
            )
        path = annotation_file(self.root, SUBSETS[subset], self.version)
        pictures = read_lvis(path).pictures
        if subset == "train":
            pictures = tuple(filter(paintable, pictures))
        elif not self.full:
            pictures = tuple(p for p in pictures if p.listed.folder == CLEAN)
        if not pictures:
            raise InputError(f"{path} has no picture for --data {self.name}; get it anew")
        return self.root, path, pictures


def open_lvis(argument: str, root: Path | None = None) -> LvisData:
    """The dataset of ``--data lvis``, ``lvis:full`` or ``lvis:v0.5``; ``InputError`` otherwise."""
    options = [option for option in argument.split(",") if option]
    version = next((option for option in options if option in VERSIONS), VERSIONS[0])
    odd = [option for option in options if option not in (*VERSIONS, "full")]
    if odd:
        raise InputError(
            f"--data lvis:{argument}: unknown option {odd[0]!r}; write lvis, lvis:full, "
            "lvis:v0.5 or lvis:v0.5,full"
        )
    return LvisData(root, f"lvis:{argument}" if argument else "lvis", version, "full" in options)
