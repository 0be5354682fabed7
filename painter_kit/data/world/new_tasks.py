"""``world-invert``, ``world-grey``, ``world-ring``: tasks that training never had, as datasets.

They are asked on the clean scenes of the world: paint the picture inverted, paint it grey, mark
rings and nothing else. Each is measured as a known task is (``like``), so that searching, tuning
and evaluation take it as it is: ``search-prompt --task denoise --data world-invert``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.base import check_task
from painter_kit.data.world.dataset import WorldDataset, WorldExamples
from painter_kit.data.world.specs import SEEN_CLASSES, world_spec
from painter_kit.errors import InputError
from painter_kit.types import Coding, Example, Image, Spec, Truth

_GREY = np.array([0.299, 0.587, 0.114])
_RING = SEEN_CLASSES.index("ring")
_PLAIN = Coding()
_TWO_TONE = Coding(((40, 40, 90), (250, 220, 60)))


@dataclass(frozen=True)
class NewTask:
    """A task that training never had: its truth from a clean picture and its labels (H, W).

    It is measured as ``like`` is.
    """

    like: str
    truth: Callable[[Image, np.ndarray], Truth]
    coding: Coding = _PLAIN


def _inverted(image: Image, labels: np.ndarray) -> Truth:
    return {"clean": 255 - image}


def _greyed(image: Image, labels: np.ndarray) -> Truth:
    grey = np.rint(image @ _GREY).astype(np.uint8)
    return {"clean": np.repeat(grey[..., None], 3, axis=2)}


def _ring(image: Image, labels: np.ndarray) -> Truth:
    return {"mask": (labels == _RING).astype(np.uint8)}


NEW_TASKS: Mapping[str, NewTask] = {
    "invert": NewTask("denoise", _inverted),
    "grey": NewTask("denoise", _greyed),
    "ring": NewTask("foreground", _ring, _TWO_TONE),
}


@dataclass(frozen=True)
class NewExamples:
    """The scenes of a subset of the world with the truth of a new task."""

    new: NewTask
    scenes: WorldExamples

    @property
    def ids(self) -> Sequence[str]:
        """Those of the scenes."""
        return self.scenes.ids

    @property
    def groups(self) -> Sequence[str]:
        """Every scene is a group of its own."""
        return self.scenes.groups

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int, /) -> Example:
        scene = self.scenes[index]
        return replace(scene, truth=self.new.truth(scene.image, scene.truth["labels"]))

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class NewTaskData:
    """One new task as a dataset; its subsets are those of the world."""

    task: str

    @property
    def name(self) -> str:
        """``world-`` and the task."""
        return f"world-{self.task}"

    @property
    def sources(self) -> Mapping[str, str]:
        """Those of the world."""
        return WorldDataset("world").sources

    @property
    def tasks(self) -> tuple[str, ...]:
        """The known task that it is measured as."""
        return (NEW_TASKS[self.task].like,)

    def spec(self, task: str) -> Spec[Any]:
        """The world's spec in the new task's colours. Raises ``InputError`` for another task."""
        check_task(self, task)
        return replace(world_spec(task), data=self.name, coding=NEW_TASKS[self.task].coding)

    def examples(self, task: str, subset: str) -> NewExamples:
        """The examples of a subset; ``InputError`` for an unknown task or subset."""
        check_task(self, task)
        return NewExamples(NEW_TASKS[self.task], WorldDataset("world").examples("semantic", subset))


def open_invert(argument: str, root: Path | None) -> NewTaskData:
    """``world-invert``: the negative of the picture."""
    return _open("invert", argument)


def open_grey(argument: str, root: Path | None) -> NewTaskData:
    """``world-grey``: the picture without its colours."""
    return _open("grey", argument)


def open_ring(argument: str, root: Path | None) -> NewTaskData:
    """``world-ring``: rings against everything else, in two colours."""
    return _open("ring", argument)


def _open(task: str, argument: str) -> NewTaskData:
    if argument:
        raise InputError(f"--data world-{task} takes nothing after a colon but got {argument!r}")
    return NewTaskData(task)
