"""Does the prompt choose the task? Restoration is one class, asked on corrupted queries.

The k-th prompt set restores noise, rain or darkness in turn. In the first edition every other task
is asked on the clean picture, so that noise alone could tell a model to restore; in the second all
tasks of a set are asked on the very same corrupted picture, and only the prompt can tell. Figure
scenes have targets of their own: the keypoints, and the clean picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.abilities.ask import existing
from painter_kit.data.base import open_dataset
from painter_kit.data.world.corruption import RESTORATION_TASKS, corrupt, draw_strength
from painter_kit.data.world.keys import generator
from painter_kit.inference.predictor import Predictor
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.training.switching import Switching, task_switching
from painter_kit.types import Example

SCENE_CLASSES = ("depth", "semantic", "instance", "foreground")
RESTORATION = "restoration"
OWN_QUERY, SAME_QUERY = EDITIONS = ("own query", "same corrupted query")


def scene_switching(
    predictor: Predictor, examples: int, prompts: int, seed: int = 0
) -> dict[str, Switching]:
    """Depth, semantic, instance, foreground and restoration on the same test scenes, in both
    ``EDITIONS``."""
    world = Resized(open_dataset("world"), predictor.canvas)
    asked = {t: draw_queries(world, t, "test", examples, seed) for t in SCENE_CLASSES}
    restored = {t: draw_queries(world, t, "test", examples, seed) for t in RESTORATION_TASKS}
    return _switching(predictor, world, asked, restored, prompts, seed)


def figure_switching(
    predictor: Predictor, examples: int, prompts: int, seed: int = 0
) -> dict[str, Switching]:
    """Keypoints and restoration on the same test figures, in both ``EDITIONS``."""
    world = Resized(open_dataset("world"), predictor.canvas)
    figures = draw_queries(world, "keypoint", "test", examples, seed)
    restored = {t: [_corrupted(t, e, seed) for e in figures] for t in RESTORATION_TASKS}
    return _switching(predictor, world, {"keypoint": figures}, restored, prompts, seed)


def forwards(examples: int, prompts: int) -> int:
    """Pictures that are painted for scenes and figures, in all editions."""
    scenes = existing("world", SCENE_CLASSES[0], examples) * (len(SCENE_CLASSES) + 1)
    figures = existing("world", "keypoint", examples) * 2
    return prompts * len(EDITIONS) * (scenes + figures)


def _switching(
    predictor: Predictor,
    world: Resized,
    asked: Mapping[str, Sequence[Example]],
    restored: Mapping[str, Sequence[Example]],
    prompts: int,
    seed: int,
) -> dict[str, Switching]:
    """Edition -> all prompt sets; the k-th asks for ``asked`` and for one task of ``restored``."""
    drawn = {t: draw_prompts(world, t, prompts, seed) for t in (*asked, *RESTORATION_TASKS)}
    parts: dict[str, list[Switching]] = {edition: [] for edition in EDITIONS}
    for number in range(prompts):
        task = RESTORATION_TASKS[number % len(RESTORATION_TASKS)]
        own = {**asked, task: restored[task]}
        given = {t: [drawn[t][number]] for t in own}
        same = {t: _pictured(examples, restored[task]) for t, examples in own.items()}
        for edition, queries in zip(EDITIONS, (own, same), strict=True):
            parts[edition].append(task_switching(predictor, world, given, queries))
    return {edition: merged(sets) for edition, sets in parts.items()}


def _pictured(examples: Sequence[Example], pictures: Sequence[Example]) -> list[Example]:
    """The examples' truths, asked of other pictures of the same scenes."""
    pairs = zip(examples, pictures, strict=True)
    return [replace(example, image=picture.image) for example, picture in pairs]


def _corrupted(task: str, example: Example, seed: int) -> Example:
    rng = generator(seed, task, example.id)
    image = corrupt(task, example.image, draw_strength(task, rng), rng)
    return Example(example.id, example.group, image, {"clean": example.image})


def merged(parts: Sequence[Switching]) -> Switching:
    """Several prompt sets on the same pictures together, the restoration tasks as one class."""
    (tasks,) = {tuple(RESTORATION if t in RESTORATION_TASKS else t for t in p.tasks) for p in parts}
    return Switching(tasks, np.concatenate([p.nearest for p in parts]), parts[0].groups)
