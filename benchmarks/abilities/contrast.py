"""The same pictures under the right prompts and under others: how much the prompt matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.evaluation.evaluate import orientation
from painter_kit.evaluation.gain import mean_limits
from painter_kit.evaluation.intervals import Interval, bootstrap
from painter_kit.tasks.base import Task
from painter_kit.types import Record, Spec

Floats = npt.NDArray[np.float64]
ByPrompt = Sequence[Sequence[Record]]

RESAMPLES = 2_000


@dataclass(frozen=True)
class NoModel:
    """The best answer that needs no model, by name: its value on the same pictures, and by how much
    the right prompts are better."""

    name: str
    value: Interval
    gain: Interval


@dataclass(frozen=True)
class Contrast:
    """The primary metric of one ability, mean over prompts, under the right and other prompts.

    ``examples`` pictures were painted under ``prompts`` prompts of each kind; ``gain`` is
    positive when the right ones are better. Intervals are over pictures and prompts.
    """

    ability: str
    spec: Spec[Any]
    examples: int
    prompts: int
    right: Interval
    against: str
    other: Interval
    gain: Interval
    no_model: NoModel | None = None

    def cells(self) -> dict[str, object]:
        """The row in words, for a table."""
        plain: dict[str, object] = {}
        if self.no_model:
            plain["no model"] = f"{self.no_model.value.value:.3f} ({self.no_model.name})"
            plain["better than no model by"] = in_words(self.no_model.gain)
        return {
            "ability": self.ability,
            "metric": metric_label(self.spec, self.spec.metric),
            "right prompt": in_words(self.right),
            "against": self.against,
            "other prompt": in_words(self.other),
            "right is better by": in_words(self.gain),
            **plain,
        }

    def record(self) -> dict[str, object]:
        """The row in numbers, for programs."""
        named = {"right": self.right, "other": self.other, "gain": self.gain}
        plain: dict[str, object] = {}
        if self.no_model:
            plain["no_model"] = self.no_model.name
            named |= {"no_model": self.no_model.value, "no_model_gain": self.no_model.gain}
        numbers = {f"{k}_{n}": v for k, i in named.items() for n, v in i.to_json().items()}
        about = {"ability": self.ability, "task": self.spec.task, "data": self.spec.data}
        about |= {"metric": self.spec.metric, "direction": self.spec.direction}
        counts = {"examples": self.examples, "prompts": self.prompts}
        return {**about, "against": self.against, **counts, **plain, **numbers}


def metric_label(spec: Spec[Any], metric: str) -> str:
    """Name, unit and direction of a metric."""
    name = metric_name(spec) if metric == spec.metric else metric
    return f"{name}, {'higher' if spec.direction == 'max' else 'lower'} is better"


def metric_name(spec: Spec[Any]) -> str:
    """The primary metric with its unit."""
    return f"{spec.metric} ({spec.unit})" if spec.unit else spec.metric


def in_words(interval: Interval) -> str:
    """Value and limits, which one group of pictures alone does not have."""
    known = isfinite(interval.low) and isfinite(interval.high)
    limits = f"{interval.low:.3f}, {interval.high:.3f}" if known else "unknown"
    return f"{interval.value:.3f} [{limits}]"


def mean_interval(
    task: Task,
    spec: Spec[Any],
    records: ByPrompt,
    groups: Sequence[str],
    metric: str,
    seed: int = 0,
) -> Interval:
    """A metric's mean over prompts, ``records[p][j]`` being prompt p on picture j, with its
    interval over groups of pictures and prompts."""
    boot = bootstrap(task, spec, records, groups, seed, RESAMPLES)
    draws = boot.draws[metric]
    return mean_limits(boot.values[metric], draws, boot.groups, seed)


def contrast(
    task: Task,
    spec: Spec[Any],
    right: ByPrompt,
    other: ByPrompt,
    groups: Sequence[str],
    seed: int = 0,
) -> tuple[Interval, Interval, Interval]:
    """Primary metric under the right prompts, under equally many others, and by how much the
    right ones are better. The k-th prompts of both kinds are resampled together."""
    boot = bootstrap(task, spec, [*right, *other], groups, seed, RESAMPLES)
    count, sign = len(right), orientation(spec)
    values, draws = boot.values[spec.metric], boot.draws[spec.metric]
    ours, theirs = draws[:, :count], draws[:, count:]
    gains = sign * (values[:count] - values[count:])
    return (
        mean_limits(values[:count], ours, boot.groups, seed),
        mean_limits(values[count:], theirs, boot.groups, seed),
        mean_limits(gains, sign * (ours - theirs), boot.groups, seed),
    )
