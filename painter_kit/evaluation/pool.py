"""The pool: which of its pairs can be prompts, and one of them drawn at random."""

from __future__ import annotations

from typing import Any

from painter_kit.errors import InputError
from painter_kit.evaluation.panel import draw_panel
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, make_pair
from painter_kit.types import Example, Examples, Pair, Spec

# Painter ignores a training sample whose visible target sums to less than 100 white pixels of
# its 448 x 448 (released code); here the same share, so that it holds at any size.
DARKEST = 100 / 448**2


def flaw(task: Task, spec: Spec[Any], example: Example, pair: Pair) -> str:
    """Why this pair cannot be a prompt; empty when it can."""
    effective = spec.with_coding(pair.coding)
    height, width = pair.image.shape[:2]
    if not task.weight(example.truth, effective, (height, width)).any():
        return "no ground truth that counts"
    if pair.target.mean() / 255 < DARKEST:
        return "target nearly black"
    return ""


def pool_prompt(task: Task, spec: Spec[Any], example: Example, pair: Pair) -> Prompt:
    """The painted pair of an example of the pool as a prompt of kind ``random``."""
    provenance = {"data": spec.data, "candidate": example.id}
    return Prompt(pair, task.name, "random", spec.digest, provenance=provenance)


def draw_prompt(task: Task, spec: Spec[Any], pool: Examples, seed: int) -> Prompt:
    """The first usable pair in the order in which the seed draws panels, in its own coding.

    No more of the pool is loaded. Raises ``InputError`` when no pair is usable.
    """
    for index in draw_panel(pool.ids, len(pool), seed):
        example = pool[index]
        pair = make_pair(task, spec, example)
        if not flaw(task, spec, example, pair):
            return pool_prompt(task, spec, example, pair)
    raise InputError(
        f"--data {spec.data}: none of the {len(pool)} pairs of the pool can be a prompt for "
        f"{task.name} (no ground truth that counts, or nearly black); add pairs"
    )
