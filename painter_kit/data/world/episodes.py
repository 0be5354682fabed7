"""Training episodes: two pictures of the world, one task, one coding that both share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.cache import Batch, rendered
from painter_kit.data.world.codings import RANDOM_CODING_TASKS, random_coding
from painter_kit.data.world.corruption import RESTORATION_TASKS, corrupt, draw_strength
from painter_kit.data.world.dataset import TRAIN_FIGURES, TRAIN_SCENES, WORLD_SEED
from painter_kit.data.world.keys import generator
from painter_kit.data.world.specs import CANVAS, world_spec
from painter_kit.data.world.truth import PAINTED_TASKS, clean_truth, mirror_keypoints, scene_truth
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task
from painter_kit.types import Image, Spec, Truth

# Shares of the tasks in training: the more there is to learn, the larger.
DEFAULT_MIX: Mapping[str, float] = {
    "depth": 1.2,
    "semantic": 1.8,
    "coco-semantic": 0.8,
    "instance": 1.3,
    "keypoint": 1.2,
    "foreground": 1.1,
    "denoise": 0.6,
    "derain": 0.6,
    "enhance": 0.6,
}
# How often an episode has a random coding instead of the base one.
DEFAULT_RANDOM: Mapping[str, float] = {
    "depth": 0.6,
    "semantic": 0.7,
    "coco-semantic": 0.5,
    "foreground": 1.0,
}
_PROMPTS_TRIED = 4


@dataclass(frozen=True)
class Episode:
    """Two painted pictures, the prompt first: ``images`` and ``targets`` uint8 (2, S, S, 3),
    ``weights`` float32 (2, S, S, 3), the share of each target value in the loss."""

    task: str
    images: npt.NDArray[np.uint8]
    targets: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Episodes:
    """N stacked episodes: ``tasks`` (N,), ``images`` and ``targets`` uint8 (N, 2, S, S, 3),
    ``weights`` float32 (N, 2, S, S, 3)."""

    tasks: tuple[str, ...]
    images: npt.NDArray[np.uint8]
    targets: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.float32]


class WorldEpisodes:
    """An endless sequence of episodes; the i-th depends on seed and i alone.

    Scenes of the training split are rendered into ``folder`` once and then shared. ``mix``
    weighs the tasks, ``random`` is each task's probability of a random coding. Raises
    ``InputError`` for unknown tasks or a mix without a positive weight.
    """

    def __init__(
        self,
        seed: int,
        folder: Path,
        mix: Mapping[str, float] = DEFAULT_MIX,
        random: Mapping[str, float] = DEFAULT_RANDOM,
        scenes: int = TRAIN_SCENES,
        figures: int = TRAIN_FIGURES,
        size: int = CANVAS,
        processes: int = 1,
    ) -> None:
        check_shares(mix, random)
        self.seed = seed
        self._tasks = tuple(mix)
        weights = np.array([float(w) for w in mix.values()])
        self._shares = np.cumsum(weights / weights.sum())
        self._random = dict(random)
        self._specs = {task: world_spec(task, canvas=size) for task in mix}
        square = (size, size)
        self._scenes = rendered(
            Batch("scene", WORLD_SEED, "train", scenes, square), folder, processes
        )
        self._figures = rendered(
            Batch("figure", WORLD_SEED, "train", figures, square), folder, processes
        )

    def episode(self, index: int) -> Episode:
        """The episode of this index, with two different pictures."""
        rng = generator(self.seed, "episode", index)
        task = self._tasks[int(np.searchsorted(self._shares[:-1], rng.random(), side="right"))]
        spec = self._specs[task]
        coded = rng.random() < self._random.get(task, 0.0)
        if coded:
            spec = spec.with_coding(random_coding(task, rng))
        members = self._members(task, rng)
        strength = draw_strength(task, rng) if task in RESTORATION_TASKS else ()
        pairs = [self._picture(task, member, strength, rng) for member in members]
        truths = [truth for _, truth in pairs]
        targets, weights = _paint(task, spec, truths)
        if coded and "labels" in truths[0]:
            weights[1] *= _told(truths[0]["labels"], truths[1]["labels"])[..., None]
        return Episode(task, np.stack([image for image, _ in pairs]), targets, weights)

    def _members(self, task: str, rng: np.random.Generator) -> tuple[int, int]:
        """Indices of the prompt's and the query's picture, which differ.

        A semantic prompt is the best of a few at showing the query's classes: the colour of a
        class that the prompt does not show cannot be told.
        """
        count = len((self._figures if task == "keypoint" else self._scenes)["image"])
        query, *prompts = rng.choice(count, 1 + _PROMPTS_TRIED, replace=False).tolist()
        if "semantic" not in task:
            return prompts[0], query
        classes = self._scenes["classes"]
        shown = [int(classes[p] & classes[query]).bit_count() for p in prompts]
        return prompts[shown.index(max(shown))], query

    def _picture(
        self, task: str, member: int, strength: tuple[float, ...], rng: np.random.Generator
    ) -> tuple[Image, Truth]:
        """One picture and its truth, mirrored half the time, corrupted if the task asks for it."""
        step = -1 if rng.random() < 0.5 else 1
        if task == "keypoint":
            image = np.ascontiguousarray(self._figures["image"][member][:, ::step])
            points = self._figures["keypoints"][member]
            if step < 0:
                points = mirror_keypoints(points, image.shape[1])
            return image, {"keypoints": points}
        image = np.ascontiguousarray(self._scenes["image"][member][:, ::step])
        if task in RESTORATION_TASKS:
            return corrupt(task, image, strength, rng), clean_truth(image)
        depth_mm, labels, ids = (
            np.ascontiguousarray(self._scenes[name][member][:, ::step])
            for name in ("depth_mm", "labels", "ids")
        )
        depth_m = (depth_mm / 1000.0).astype(np.float32)
        return image, scene_truth(task, depth_m, labels, ids)


def collate(episodes: Sequence[Episode]) -> Episodes:
    """A batch of episodes, stacked."""
    return Episodes(
        tuple(e.task for e in episodes),
        np.stack([e.images for e in episodes]),
        np.stack([e.targets for e in episodes]),
        np.stack([e.weights for e in episodes]),
    )


def _paint(
    task: str, spec: Spec[Any], truths: Sequence[Truth]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Targets and weights (2, S, S, 3) of both pictures in the spec's coding."""
    painter, size = get_task(task), (spec.canvas, spec.canvas)
    targets = np.stack([painter.encode(truth, spec, size) for truth in truths])
    weights = np.stack([painter.weight(truth, spec, size) for truth in truths])
    return targets, weights


def _told(prompt: npt.NDArray[np.uint8], query: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """1 (H, W) where the query's class occurs in the prompt, whose colour it thus shows."""
    occurs = np.zeros(256, np.float32)
    occurs[prompt] = 1.0
    return occurs[query]


def check_shares(mix: Mapping[str, float], random: Mapping[str, float]) -> None:
    """Raise ``InputError`` for tasks without such episodes and for a ``mix`` without any task."""
    for option, values, known in (
        ("mix", mix, PAINTED_TASKS),
        ("random_coding", random, RANDOM_CODING_TASKS),
    ):
        for task, value in values.items():
            if task not in known:
                raise InputError(f"{option}: unknown task {task!r}; use {', '.join(known)}")
            if not value >= 0:
                raise InputError(f"{option}: {task} must be at least 0 but got {value}")
    if not sum(mix.values()) > 0:
        raise InputError("mix: at least one task needs a weight above 0")
