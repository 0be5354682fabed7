"""The pool: which of its pairs can be prompts, and one of them drawn at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from painter_kit.errors import InputError
from painter_kit.evaluation.panel import draw_panel
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, make_pair
from painter_kit.tasks.classes import classes_of
from painter_kit.types import Example, Examples, Pair, Spec

# Painter ignores a training sample whose visible target sums to less than 100 white pixels of
# its 448 x 448 (released code); here the same share, so that it holds at any size.
DARKEST = 100 / 448**2


@dataclass(frozen=True)
class Validity:
    """What a pair must show to be a prompt, fixed before anything is judged.

    ``min_energy``: mean level of the target as a share of white. ``min_foreground``: share of the
    target's pixels that are painted (not black); of a foreground mask, share of the object.
    ``min_classes``: classes that the truth shows, where it has any. Raises ``InputError`` for
    values that make no sense.
    """

    min_energy: float = DARKEST
    min_foreground: float = 0.0
    min_classes: int = 0

    def __post_init__(self) -> None:
        for name in ("min_energy", "min_foreground"):
            if not 0 <= (value := getattr(self, name)) < 1:
                raise InputError(f"{name} of a pool must be at least 0 and below 1 but got {value}")
        if self.min_classes < 0:
            raise InputError(f"min_classes of a pool must be at least 0 but got {self.min_classes}")


def flaw(
    task: Task, spec: Spec[Any], example: Example, pair: Pair, valid: Validity | None = None
) -> str:
    """Why this pair cannot be a prompt; empty when it can."""
    valid = valid or Validity()
    effective = spec.with_coding(pair.coding)
    height, width = pair.image.shape[:2]
    if not task.weight(example.truth, effective, (height, width)).any():
        return "no ground truth that counts"
    if pair.target.mean() / 255 < valid.min_energy:
        return "target nearly black"
    if valid.min_foreground and foreground_share(example, pair) < valid.min_foreground:
        return "too little foreground"
    if valid.min_classes and 0 < len(classes_of(task, example.truth)) < valid.min_classes:
        return "too few classes"
    return ""


def foreground_share(example: Example, pair: Pair) -> float:
    """Share 0..1 of pixels that are painted, of a foreground mask those of the object."""
    if "mask" in example.truth:
        return float(np.mean(example.truth["mask"] == 1))
    return float(pair.target.any(axis=2).mean())


def pool_prompt(
    task: Task,
    spec: Spec[Any],
    example: Example,
    pair: Pair,
    edits: Mapping[str, Any] | None = None,
) -> Prompt:
    """The painted pair of an example of the pool as a prompt of kind ``random``.

    ``edits`` say in its provenance what was done to a pair of the pool to make it.
    """
    provenance = {"data": spec.data, "candidate": example.id, **(edits or {})}
    return Prompt(pair, task.name, kind="random", spec_digest=spec.digest, provenance=provenance)


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
