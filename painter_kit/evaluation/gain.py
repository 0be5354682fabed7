"""Is one prompt better than others, by how much, and how sure is that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.evaluation.evaluate import orientation, primary, scores
from painter_kit.evaluation.intervals import (
    RESAMPLES,
    Bootstrap,
    Interval,
    bootstrap,
    finite_var,
    interval,
    sign_flip,
)
from painter_kit.evaluation.order import generator
from painter_kit.tasks.base import Task
from painter_kit.types import Record, Spec

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gain:
    """How much better one prompt is than the mean of others; positive is better.

    ``value`` with 95 % limits and the sign-flip ``p_value``; ``confirmed``: the lower limit is
    above 0; ``optimism``: the gain on the images that chose the prompt minus ``value``, None
    where no images did; ``unit`` and ``metric`` are for printing.
    """

    value: float
    ci_low: float
    ci_high: float
    p_value: float
    confirmed: bool
    optimism: float | None = None
    metric: str = field(default="", compare=False)
    unit: str = field(default="", compare=False)

    def to_json(self) -> dict[str, float | bool | None]:
        """The numbers by name; a limit that is unknown (a single group) is None."""
        fields = {k: v for k, v in asdict(self).items() if k not in ("metric", "unit")}
        return {k: v if v is None or np.isfinite(v) else None for k, v in fields.items()}

    @property
    def sentence(self) -> str:
        """What the numbers say, in one line."""
        limits = f"95 % interval {self.ci_low:+.4g} to {self.ci_high:+.4g}"
        text = f"gain in {self.metric} {self.value:+.4g} {self.unit}".rstrip()
        detail = f"{text}, {limits}, p = {self.p_value:.2g}"
        return detail if self.confirmed else f"no evidence of improvement ({detail})"


@dataclass(frozen=True)
class Comparison:
    """A gain with the two values that it is the difference of, in the metric's own direction.

    ``metrics`` has both values, ours first, of every metric of the task, whichever is primary.
    """

    gain: Gain
    ours: Interval
    baseline: Interval
    metrics: Mapping[str, tuple[Interval, Interval]] = field(default_factory=dict)


def plain_gain(
    task: Task, spec: Spec[Any], ours: Sequence[Record], baseline: Sequence[Sequence[Record]]
) -> float:
    """Primary metric of ``ours`` minus the mean over ``baseline`` prompts, positive is better."""
    others = np.mean([primary(task, spec, row) for row in baseline])
    return orientation(spec) * float(primary(task, spec, ours) - others)


def compare(
    task: Task,
    spec: Spec[Any],
    ours: Sequence[Record],
    baseline: Sequence[Sequence[Record]],
    groups: Sequence[str],
    reference: Record,
    *,
    seed: int = 0,
    on_select: float | None = None,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare one prompt with the mean of P others (P = 1: a paired comparison) on common images.

    Groups of images are resampled together for all prompts and, independently, the baseline
    prompts (two-way bootstrap); the p-value flips signs of groups' score differences at
    ``reference``. ``on_select`` is ``plain_gain`` on the images that chose ``ours``.
    """
    boot = bootstrap(task, spec, [ours, *baseline], groups, seed, resamples)
    draws, sign = boot.draws[spec.metric], orientation(spec)
    units = boot.groups, len(baseline)
    fixed, drawn = draws[:, 1:].mean(1), resample_prompts(draws[:, 1:], seed)
    metrics = {name: _both(boot, name, len(baseline), seed) for name in boot.values}
    ours_limits, base_limits = metrics[spec.metric]
    value = sign * (ours_limits.value - base_limits.value)
    mine = draws[:, 0]
    limits = limits_of(value, sign * (mine - drawn), sign * (mine - fixed), units)
    gain = Gain(
        value,
        limits.low,
        limits.high,
        _p_value(task, ours, baseline, groups, reference, seed),
        confirmed=bool(limits.low > 0),
        optimism=None if on_select is None else on_select - value,
        metric=spec.metric,
        unit=spec.unit,
    )
    return Comparison(gain, ours_limits, base_limits, metrics)


def _both(boot: Bootstrap, name: str, prompts: int, seed: int) -> tuple[Interval, Interval]:
    """One metric of ours, the first row of ``boot``, and of the mean of the others."""
    values, draws, units = boot.values[name], boot.draws[name], (boot.groups, prompts)
    mine, others = draws[:, 0], draws[:, 1:]
    ours = limits_of(float(values[0]), mine, mine, units)
    base = mean_limits(values[1:], others, units[0], seed)
    return ours, base


def limits_of(
    value: float, with_prompts: Floats, images_only: Floats, units: tuple[int, int]
) -> Interval:
    """The two-way interval of ``value`` from draws (R,) that resample images and prompts, and
    others that resample images alone; ``units`` are the numbers of image groups and of prompts."""
    groups, prompts = units
    from_images = finite_var(images_only)
    sources = [(from_images, groups)]
    if prompts > 1:  # a single one is not a sample of prompts but the one meant
        sources.append((max(0.0, finite_var(with_prompts) - from_images), prompts))
    return interval(value, with_prompts, sources)


def mean_limits(values: Floats, draws: Floats, groups: int, seed: int) -> Interval:
    """The mean over prompts of ``values`` (P,), with its two-way interval from draws (R, P) that
    resample so many image groups."""
    drawn = resample_prompts(draws, seed)
    return limits_of(float(values.mean()), drawn, draws.mean(axis=1), (groups, draws.shape[1]))


def _p_value(
    task: Task,
    ours: Sequence[Record],
    baseline: Sequence[Sequence[Record]],
    groups: Sequence[str],
    reference: Record,
    seed: int,
) -> float:
    others = np.mean([scores(task, row, reference) for row in baseline], axis=0)
    return sign_flip(scores(task, ours, reference) - others, groups, seed)


def resample_prompts(draws: Floats, seed: int) -> Floats:
    """float64 (R,): in every row the mean over prompts drawn with replacement from (R, P)."""
    count, prompts = draws.shape
    rng = generator(seed, "panel prompts")
    weights = rng.multinomial(prompts, np.full(prompts, 1 / prompts), size=count)
    return (draws * weights).sum(1) / prompts
