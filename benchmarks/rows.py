"""One row of a prompt table: random, searched and learned on the same test images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.gain import Comparison, compare
from painter_kit.evaluation.intervals import RESAMPLES
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import Panel, median_index, panel_stats
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Record, Spec, sum_records


@dataclass(frozen=True)
class Contender:
    """A prompt, its Records on test, and how it compares with the panel there."""

    prompt: AnyPrompt
    records: Sequence[Record]
    comparison: Comparison

    def to_json(self) -> dict[str, float | None]:
        """``value``, and the gain over the panel mean with its 95 % limits."""
        gain = self.comparison.gain.to_json()
        limits = {name: gain[name] for name in ("ci_low", "ci_high")}
        return {"value": self.comparison.ours.value, "gain": gain["value"], **limits}


@dataclass(frozen=True)
class Row:
    """Test figures of one task on one dataset.

    ``random`` summarises the panel's primary metric; ``median`` is its prompt of median value
    with its own Records.
    """

    spec: Spec[Any]
    n: int
    random: Panel
    median: AnyPrompt
    median_records: Sequence[Record]
    searched: Contender
    learned: Contender

    def to_json(self) -> dict[str, Any]:
        """The row as plain data; gains are positive when better."""
        return {
            "task": self.spec.task,
            "data": self.spec.data,
            "metric": self.spec.metric,
            "direction": self.spec.direction,
            "n": self.n,
            "random": {"mean": self.random.mean, "sd": self.random.sd},
            "searched": self.searched.to_json(),
            "learned": self.learned.to_json(),
        }

    def cells(self) -> dict[str, object]:
        """The row in words, for a table."""
        spec = self.spec
        arrow = "lower" if spec.direction == "min" else "higher"
        return {
            "task": spec.task,
            "data": spec.data,
            "metric": f"{spec.metric} ({spec.unit or '0..1'}, {arrow} is better)",
            "n": self.n,
            "random": f"{self.random.mean:.3f} +- {self.random.sd:.3f}",
            "searched": _words(self.searched),
            "learned": _words(self.learned),
        }


def _words(contender: Contender) -> str:
    """Value and gain with limits; a star where the interval is above zero."""
    gain = contender.comparison.gain
    star = " *" if gain.confirmed else ""
    value = contender.comparison.ours.value
    return f"{value:.3f}, gain {gain.value:+.3f} [{gain.ci_low:+.3f}, {gain.ci_high:+.3f}]{star}"


def measure_row(
    judge: Judge,
    splits: Splits,
    panel: Sequence[AnyPrompt],
    searched: AnyPrompt,
    learned: AnyPrompt,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Row:
    """Read the test split once for every prompt; nothing is chosen here.

    The panel's Records on select, which the search has measured, give the first-order reference.
    """
    task, spec, test = judge.task, judge.spec, splits.test
    reference = sum_records([r for p in panel for r in judge.recall(p, splits.select)])
    others = judge.table(panel, test)

    def contend(prompt: AnyPrompt) -> Contender:
        records = judge.records(prompt, test)
        comparison = compare(
            task, spec, records, others, test.groups, reference, seed=seed, resamples=resamples
        )
        return Contender(prompt, records, comparison)

    values = np.array([primary(task, spec, row) for row in others])
    middle = median_index(values)
    return Row(
        spec=spec,
        n=len(test),
        random=panel_stats(values),
        median=panel[middle],
        median_records=others[middle],
        searched=contend(searched),
        learned=contend(learned),
    )
