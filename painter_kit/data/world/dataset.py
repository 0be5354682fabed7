"""The world as a dataset: ``world``, ``world-shifted`` and ``world-unseen``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.world.codings import random_coding, reserved_foreground
from painter_kit.data.world.corruption import RESTORATION_TASKS, corrupt, draw_strength
from painter_kit.data.world.figures import Figure, render_figure
from painter_kit.data.world.keys import generator
from painter_kit.data.world.scene import Scene, render_scene
from painter_kit.data.world.shapes import SEEN, UNSEEN
from painter_kit.data.world.specs import CANVAS, world_spec
from painter_kit.data.world.truth import WORLD_TASKS, clean_truth, scene_truth
from painter_kit.errors import InputError
from painter_kit.types import Example, Size, Spec

WORLD_SEED = 0
TRAIN_SCENES = 12_000
TRAIN_FIGURES = 5_000
HELD_BACK = 2_000
SUBSETS = ("train", "select", "confirm", "test")


@dataclass(frozen=True)
class WorldExamples:
    """The examples of one task and subset, rendered when they are asked for.

    Ids and groups are ``subset/index``; equal ids of two tasks other than ``keypoint`` show the
    same scene. Pictures have ``size`` (H, W); another ``seed`` is another world.
    """

    task: str
    subset: str
    data: str
    count: int
    size: Size = (CANVAS, CANVAS)
    seed: int = WORLD_SEED

    @property
    def ids(self) -> Sequence[str]:
        """Unique names, in order."""
        return _names(self.subset, self.count)

    @property
    def groups(self) -> Sequence[str]:
        """Every scene is a group of its own."""
        return self.ids

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(self.count))

    def __getitem__(self, index: int, /) -> Example:
        if not 0 <= index < self.count:
            raise IndexError(f"index must be between 0 and {self.count - 1} but got {index}")
        name = f"{self.subset}/{index:06d}"
        unseen = self.data == "world-unseen"
        if self.task == "keypoint":
            figure = self._figure(index, unseen)
            truth = {"keypoints": figure.keypoints, "box": figure.box, "area": figure.area}
            truth["size"] = np.array(self.size)
            return Example(name, name, figure.image, truth)
        scene = self._scene(index, unseen)
        rng = generator(self.seed, _split(self.subset, unseen), index, self.task)
        if self.task in RESTORATION_TASKS:
            image = corrupt(self.task, scene.image, draw_strength(self.task, rng), rng)
            return Example(name, name, image, clean_truth(scene.image))
        truth = scene_truth(self.task, scene.depth_m, scene.labels, scene.ids)
        if self.task != "foreground":
            return Example(name, name, scene.image, truth)
        shifted = self.data == "world-shifted"
        coding = reserved_foreground(rng) if shifted else random_coding(self.task, rng)
        return Example(name, name, scene.image, truth, coding)

    def _scene(self, index: int, unseen: bool) -> Scene:
        render = _kept_scene if self.size == (CANVAS, CANVAS) else _render_scene
        return render(self.seed, _split(self.subset, unseen), index, self.size, unseen)

    def _figure(self, index: int, unseen: bool) -> Figure:
        render = _kept_figure if self.size == (CANVAS, CANVAS) else _render_figure
        return render(self.seed, _split(self.subset, unseen), index, self.size, unseen)


@lru_cache(maxsize=16)
def _names(subset: str, count: int) -> tuple[str, ...]:
    return tuple(f"{subset}/{index:06d}" for index in range(count))


def _split(subset: str, unseen: bool) -> str:
    """The renderer's name of a subset: the unseen world shares no scene with the others."""
    return f"unseen-{subset}" if unseen else subset


def _render_scene(seed: int, split: str, index: int, size: Size, unseen: bool) -> Scene:
    scene = render_scene(seed, split, index, size, UNSEEN if unseen else SEEN)
    for array in (scene.image, scene.depth_m, scene.labels, scene.ids):
        array.setflags(write=False)
    return scene


def _render_figure(seed: int, split: str, index: int, size: Size, unseen: bool) -> Figure:
    figure = render_figure(seed, split, index, size, "quadruped" if unseen else "person")
    for array in (figure.image, figure.keypoints, figure.box, figure.area):
        array.setflags(write=False)
    return figure


# Small pictures are asked for again and again; larger ones would fill the memory.
_kept_scene = lru_cache(maxsize=512)(_render_scene)
_kept_figure = lru_cache(maxsize=512)(_render_figure)


@dataclass(frozen=True)
class WorldDataset:
    """A variant of the procedural world, by its name.

    The subset ``train`` holds the scenes that the embedded model is trained on (of
    ``world-unseen``: none of them); ``select``, ``confirm`` and ``test`` hold others.
    """

    name: str

    @property
    def sources(self) -> Mapping[str, str]:
        """Split name -> subset name."""
        return {"pool": "train", "select": "select", "confirm": "confirm", "test": "test"}

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that the world has ground truth for."""
        return WORLD_TASKS

    def spec(self, task: str) -> Spec[Any]:
        """The task's spec; ``InputError`` for a task that the world does not have."""
        return world_spec(self._known(task), self.name)

    def examples(self, task: str, subset: str) -> WorldExamples:
        """The examples of a subset; ``InputError`` for an unknown task or subset."""
        if subset not in SUBSETS:
            raise InputError(f"unknown subset {subset!r} of {self.name}; use {', '.join(SUBSETS)}")
        train = TRAIN_FIGURES if task == "keypoint" else TRAIN_SCENES
        count = train if subset == "train" else HELD_BACK
        return WorldExamples(self._known(task), subset, self.name, count)

    def _known(self, task: str) -> str:
        if task not in WORLD_TASKS:
            raise InputError(f"{self.name} has no task {task!r}; use {', '.join(WORLD_TASKS)}")
        return task


def open_world(argument: str, root: Path | None) -> WorldDataset:
    """``world``: the paper's codings; foreground colours are drawn per example."""
    return _open("world", argument)


def open_world_shifted(argument: str, root: Path | None) -> WorldDataset:
    """``world-shifted``: the same scenes, painted in colours that training never painted."""
    return _open("world-shifted", argument)


def open_world_unseen(argument: str, root: Path | None) -> WorldDataset:
    """``world-unseen``: held-out shape categories, and quadrupeds instead of people."""
    return _open("world-unseen", argument)


def _open(name: str, argument: str) -> WorldDataset:
    if argument:
        raise InputError(f"--data {name} takes nothing after a colon but got {argument!r}")
    return WorldDataset(name)
