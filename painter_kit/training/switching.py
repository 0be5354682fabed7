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
from painter_kit.evaluation.gain import limits_of, resample_prompts
from painter_kit.evaluation.intervals import Interval, group_weights
from painter_kit.evaluation.order import generator
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.types import Example

SWITCH_TASKS = ("depth", "semantic", "instance", "foreground", "denoise")
# Targets that differ by less (mean absolute difference, 0..1) cannot be told apart fairly.
LEAST_DIFFERENCE = 0.02
LEFT_OUT = -1
RESAMPLES = 2_000

Target = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Switching:
    """Which task's target every output was nearest to.

    ``nearest`` int (P, N, T): of the P prompt sets, N pictures and T prompted tasks, the index in
    ``tasks`` of the nearest target, ``LEFT_OUT`` where two of the tasks' targets look alike.
    ``groups`` (N,) are those of the pictures.
    """

    tasks: tuple[str, ...]
    nearest: npt.NDArray[np.integer]
    groups: tuple[str, ...]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Prompted task (rows) -> nearest task (columns) -> how many outputs."""
        return {
            task: {
                other: int(np.count_nonzero(self.nearest[:, :, row] == column))
                for column, other in enumerate(self.tasks)
            }
            for row, task in enumerate(self.tasks)
        }

    @property
    def excluded(self) -> int:
        """(prompt set, picture) cases left out because two of the tasks' targets look alike."""
        return int(np.count_nonzero(self.nearest[:, :, 0] == LEFT_OUT))

    @property
    def shares(self) -> dict[str, float]:
        """Task -> share of its queries that were painted as prompted; NaN without queries."""
        counts = self.counts
        totals = {task: sum(row.values()) for task, row in counts.items()}
        return {
            task: row[task] / totals[task] if totals[task] else float("nan")
            for task, row in counts.items()
        }

    @property
    def share(self) -> float:
        """The share over the queries of all tasks; NaN without queries."""
        right, counted = self._sums()
        return float(right.sum() / counted.sum()) if counted.any() else float("nan")

    @property
    def interval(self) -> Interval:
        """``share`` with its 95 % limits over groups of pictures and prompt sets; NaN without
        queries.

        Outputs of one picture, and those of one prompt set, err together: both are resampled
        (two-way bootstrap). Resampling finds no spread where every output is right, or none: then
        the limits are Wilson's, each group counting once.
        """
        right, counted = self._sums()
        value, groups = self.share, int(counted.any(axis=1).sum())
        if not groups:
            return Interval(value, np.nan, np.nan)
        if value in (0, 1):
            limits = stats.binomtest(round(value * groups), groups).proportion_ci(method="wilson")
            return Interval(value, float(limits.low), float(limits.high))
        weights = group_weights(generator(0, "task switching"), len(right), RESAMPLES)
        rights, counts = weights @ right, weights @ counted
        with np.errstate(invalid="ignore"):  # a resample may hold nothing that counts
            drawn = resample_prompts(rights, 0) / resample_prompts(counts, 0)
            fixed = rights.sum(axis=1) / counts.sum(axis=1)
        found = limits_of(value, drawn, fixed, (groups, right.shape[1]))
        return Interval(value, float(np.clip(found.low, 0, 1)), float(np.clip(found.high, 0, 1)))

    def _sums(self) -> tuple[Floats, Floats]:
        """Outputs that are right, and that count, float64 (groups, P)."""
        names, member = np.unique(self.groups, return_inverse=True)
        right = (self.nearest == np.arange(len(self.tasks))).sum(axis=2)
        counted = (self.nearest != LEFT_OUT).sum(axis=2)
        of_group = (np.arange(len(names))[:, None] == member).astype(np.float64)
        return of_group @ right.T, of_group @ counted.T

    def to_json(self) -> dict[str, Any]:
        """Share with its limits, shares, counts and what was left out, as plain data."""
        known = {t: v if np.isfinite(v) else None for t, v in self.shares.items()}
        overall = self.interval.to_json()
        return {
            "share": overall.pop("value"),
            **overall,
            "shares": known,
            "counts": self.counts,
            "excluded": self.excluded,
        }


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
    nearest = []
    for chosen in zip(*prompts.values(), strict=True):
        by_task = dict(zip(tasks, chosen, strict=True))
        painted = [
            predictor.pictures(p, [e.image for e in examples[t]], dataset.spec(t)).clip(0, 1)
            for t, p in by_task.items()
        ]
        rows = []
        for index, outputs in enumerate(zip(*painted, strict=True)):
            targets = [_target(dataset, p, examples[t][index]) for t, p in by_task.items()]
            alike = _alike(targets)
            rows.append([LEFT_OUT if alike else _nearest(output, targets) for output in outputs])
        nearest.append(rows)
    groups = tuple(example.group for example in examples[tasks[0]])
    return Switching(tasks, np.array(nearest), groups)


def _target(dataset: Dataset, prompt: Prompt, example: Example) -> Target:
    spec = dataset.spec(prompt.task).with_coding(prompt.pair.coding)
    picture = get_task(prompt.task).encode(example.truth, spec, (spec.canvas, spec.canvas))
    return np.divide(picture, 255, dtype=np.float32)


def _alike(targets: Sequence[Target]) -> bool:
    pairs = combinations(targets, 2)
    return any(float(np.abs(a - b).mean()) < LEAST_DIFFERENCE for a, b in pairs)


def _nearest(painted: Target, targets: Sequence[Target]) -> int:
    return int(np.argmin([float(np.abs(painted - target).mean()) for target in targets]))
