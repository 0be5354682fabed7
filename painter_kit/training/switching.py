"""Does the prompt choose the task? Measured on pictures that several tasks have targets for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from painter_kit.data.base import Dataset
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.types import Example

SWITCH_TASKS = ("depth", "semantic", "instance", "foreground", "denoise")
# Targets that differ by less (mean absolute difference, 0..1) cannot be told apart fairly.
LEAST_DIFFERENCE = 0.02

Target = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Switching:
    """How often each prompted task (rows) was nearest to each task's target (columns).

    ``excluded`` counts the (prompt set, picture) cases left out because two of the tasks'
    targets look alike.
    """

    counts: Mapping[str, Mapping[str, int]]
    excluded: int

    @property
    def shares(self) -> dict[str, float]:
        """Task -> share of its queries that were painted as prompted; NaN without queries."""
        totals = {task: sum(row.values()) for task, row in self.counts.items()}
        return {
            task: row[task] / totals[task] if totals[task] else float("nan")
            for task, row in self.counts.items()
        }

    @property
    def interval(self) -> Interval:
        """``share`` with its 95 % limits (Wilson); NaN without queries."""
        total = sum(sum(row.values()) for row in self.counts.values())
        right = sum(row[task] for task, row in self.counts.items())
        if not total:
            return Interval(np.nan, np.nan, np.nan)
        limits = stats.binomtest(right, total).proportion_ci(method="wilson")
        return Interval(right / total, float(limits.low), float(limits.high))

    @property
    def share(self) -> float:
        """The share over the queries of all tasks; NaN without queries."""
        return self.interval.value

    def to_json(self) -> dict[str, Any]:
        """Shares, counts and what was left out, as plain data."""
        counts = {task: dict(row) for task, row in self.counts.items()}
        known = {t: v if np.isfinite(v) else None for t, v in self.shares.items()}
        overall = self.share if np.isfinite(self.share) else None
        return {"share": overall, "shares": known, "counts": counts, "excluded": self.excluded}


def task_switching(
    predictor: Predictor,
    dataset: Dataset,
    prompts: Mapping[str, Sequence[Prompt]],
    examples: Mapping[str, Sequence[Example]],
) -> Switching:
    """Paint the same scenes under the prompts of several tasks and look which target is nearest.

    Args:
        prompts: task -> its prompts; the k-th prompts of all tasks make one set, in whose
            codings the targets are painted.
        examples: task -> examples; the i-th of all tasks show the same scene. Each task is
            given its own picture of it (the noisy one for denoising).

    Distances are mean absolute differences on the 0..1 scale, painted outputs clipped.
    """
    tasks = tuple(prompts)
    counts = {task: dict.fromkeys(tasks, 0) for task in tasks}
    excluded = 0
    for chosen in zip(*prompts.values(), strict=True):
        by_task = dict(zip(tasks, chosen, strict=True))
        painted = {
            t: predictor.pictures(p, [e.image for e in examples[t]], dataset.spec(t)).clip(0, 1)
            for t, p in by_task.items()
        }
        for index in range(len(examples[tasks[0]])):
            truths = {t: examples[t][index] for t in tasks}
            targets = {t: _target(dataset, p, truths[t]) for t, p in by_task.items()}
            if _alike(targets):
                excluded += 1
                continue
            for task in tasks:
                counts[task][_nearest(painted[task][index], targets)] += 1
    return Switching(counts, excluded)


def _target(dataset: Dataset, prompt: Prompt, example: Example) -> Target:
    spec = dataset.spec(prompt.task).with_coding(prompt.pair.coding)
    picture = get_task(prompt.task).encode(example.truth, spec, (spec.canvas, spec.canvas))
    return np.divide(picture, 255, dtype=np.float32)


def _alike(targets: Mapping[str, Target]) -> bool:
    pairs = combinations(targets.values(), 2)
    return any(float(np.abs(a - b).mean()) < LEAST_DIFFERENCE for a, b in pairs)


def _nearest(painted: Target, targets: Mapping[str, Target]) -> str:
    return min(targets, key=lambda task: float(np.abs(painted - targets[task]).mean()))
