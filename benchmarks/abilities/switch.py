"""Does the prompt choose the task? Restoration is one class, asked on corrupted queries.

The k-th prompt set restores noise, rain or darkness in turn. Figure scenes have targets of their
own: the keypoints, and the clean picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from painter_kit.data.base import open_dataset
from painter_kit.data.world.corruption import RESTORATION_TASKS, corrupt, draw_strength
from painter_kit.data.world.keys import generator
from painter_kit.inference.predictor import Predictor
from painter_kit.training.draws import Resized, draw_prompts, draw_queries
from painter_kit.training.switching import Switching, task_switching
from painter_kit.types import Example

SCENE_CLASSES = ("depth", "semantic", "instance", "foreground")
RESTORATION = "restoration"


def scene_switching(predictor: Predictor, examples: int, prompts: int, seed: int = 0) -> Switching:
    """Depth, semantic, instance, foreground and restoration on the same test scenes."""
    world = Resized(open_dataset("world"), predictor.canvas)
    drawn = {t: draw_prompts(world, t, prompts, seed) for t in SCENE_CLASSES}
    parts = []
    for number in range(prompts):
        restored = RESTORATION_TASKS[number % len(RESTORATION_TASKS)]
        given = {t: [drawn[t][number]] for t in SCENE_CLASSES}
        given[restored] = [draw_prompts(world, restored, prompts, seed)[number]]
        asked = {t: draw_queries(world, t, "test", examples, seed) for t in given}
        parts.append(task_switching(predictor, world, given, asked))
    return merged(parts)


def figure_switching(predictor: Predictor, examples: int, prompts: int, seed: int = 0) -> Switching:
    """Keypoints and restoration on the same test figures."""
    world = Resized(open_dataset("world"), predictor.canvas)
    figures = draw_queries(world, "keypoint", "test", examples, seed)
    drawn = draw_prompts(world, "keypoint", prompts, seed)
    parts = []
    for number in range(prompts):
        restored = RESTORATION_TASKS[number % len(RESTORATION_TASKS)]
        given = {
            "keypoint": [drawn[number]],
            restored: [draw_prompts(world, restored, prompts, seed)[number]],
        }
        asked = {"keypoint": figures, restored: [_corrupted(restored, e, seed) for e in figures]}
        parts.append(task_switching(predictor, world, given, asked))
    return merged(parts)


def _corrupted(task: str, example: Example, seed: int) -> Example:
    rng = generator(seed, task, example.id)
    image = corrupt(task, example.image, draw_strength(task, rng), rng)
    return Example(example.id, example.group, image, {"clean": example.image})


def merged(parts: Sequence[Switching]) -> Switching:
    """Several prompt sets on the same pictures together, the restoration tasks as one class."""
    (tasks,) = {tuple(RESTORATION if t in RESTORATION_TASKS else t for t in p.tasks) for p in parts}
    return Switching(tasks, np.concatenate([p.nearest for p in parts]), parts[0].groups)
