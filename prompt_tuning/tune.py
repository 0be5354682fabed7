"""Tuning: freeze the model and learn the two prompt pictures with the training loss.

Paper 3.3; the authors add that everything but the prompt is frozen and that the rate is larger
and the schedule shorter than in training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from painter_kit.inference.prompt import Prompt
from prompt_tuning.course import Course, Lesson, Snapshot, frozen
from prompt_tuning.race import Raced, race
from prompt_tuning.sweep import Swept, sweep

_ENDS = 5  # the first and the last fifth of the losses are compared


@dataclass(frozen=True)
class Learned:
    """What became of one task or part: all snapshots, first the start; the loss of every step;
    the best learned snapshot.

    ``init`` names the start. ``decisions`` are those of a race of starts, ``swept`` is what a
    sweep tried. ``steps`` and ``seconds`` count all that was learned on the way.
    """

    snapshots: Sequence[Snapshot]
    losses: Sequence[float]
    best: Snapshot
    steps: int
    seconds: float
    init: str = ""
    improved: bool = True
    decisions: Sequence[Mapping[str, Any]] = ()
    swept: Swept | None = field(default=None, repr=False)

    @property
    def start(self) -> Prompt:
        """Where it began."""
        return self.snapshots[0].prompt

    @property
    def loss_fell(self) -> bool:
        """Whether the last losses are lower than the first by more than twice the standard error.

        Every loss is that of other queries.
        """
        share = max(2, len(self.losses) // _ENDS)
        first, last = np.array(self.losses[:share]), np.array(self.losses[-share:])
        if len(self.losses) < 2 * share:
            return False
        error = np.sqrt((first.var(ddof=1) + last.var(ddof=1)) / share)
        return bool(first.mean() - last.mean() > 2 * error)

    @property
    def loss_is_not_metric(self) -> bool:
        """Whether the loss fell while no learned prompt beat the start on select."""
        return self.loss_fell and not self.improved


def learn(lesson: Lesson, starts: Mapping[str, Prompt]) -> Learned:
    """Learn from the starts, by name, under the settings of the lesson; the model is frozen.

    Raises ``PainterKitError`` when a loss is not finite or when a weight of the model changed.
    """
    with frozen(lesson.model, lesson.config.checkpointing):
        if lesson.config.sweep:
            swept = sweep(lesson, starts)
            return _learned(swept.best.course, swept.best.name, swept, swept=swept)
        raced = race(lesson, starts)
        return _learned(raced.course, raced.name, raced, decisions=raced.decisions)


def _learned(course: Course, name: str, effort: Raced | Swept, **more: Any) -> Learned:
    best, start = course.best, course.snapshots[0]
    return Learned(
        course.snapshots,
        course.losses,
        best,
        effort.steps,
        effort.seconds,
        name,
        course.lesson.better(best.select, start.select),
        **more,
    )
