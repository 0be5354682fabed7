"""What a search can say of its choice: how much better another candidate may be at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_CEILING, Context
from typing import Any

import numpy as np

from prompt_search.table import Floats

ROUNDING = 1e-12  # relative; means of the same scores differ by this much


@dataclass(frozen=True)
class Certificate:
    """No candidate's mean score on the select images exceeds ``highest`` with ``confidence``.

    ``mean`` is that of the chosen candidate; ``settled`` of ``candidates`` are known or bounded
    not to beat the best one judged on all ``images``; ``exact`` when all that could were judged
    on all images.
    """

    confidence: float
    images: int
    candidates: int
    settled: int
    mean: float
    highest: float

    @property
    def epsilon(self) -> float:
        """By how much a candidate's mean score may exceed the chosen one's; 0 when by nothing."""
        gap = self.highest - self.mean
        return float(gap) if gap > ROUNDING * abs(self.mean) else 0.0

    def about(self, mean: float) -> Certificate:
        """The same for another candidate, chosen by other reasons than its mean score."""
        return replace(self, mean=mean)

    def to_json(self) -> dict[str, Any]:
        """The fields by name and ``epsilon``; what is not finite is None."""
        named = {**asdict(self), "epsilon": self.epsilon}
        return {k: v if np.isfinite(v) else None for k, v in named.items()}

    def sentence(self, name: str, metric: str, unit: str, linearised: bool) -> str:
        """What is certain of the candidate ``name``, on which images and by which score."""
        gap = self.epsilon
        more = f" by more than {rounded_up(gap):.3g} {unit}".rstrip() if gap else ""
        score = f"{metric} linearised at the panel's" if linearised else f"mean {metric}"
        if not np.isfinite(gap):
            return (
                f"nothing is certain yet of the {self.candidates} candidates: "
                f"{self.settled} are settled"
            )
        return (
            f"with {100 * self.confidence:.10g}% confidence no candidate in the pool of "
            f"{self.candidates} beats {name}{more} on these {self.images} select images "
            f"(in {score}); {self.settled} are settled"
        )


def rounded_up(value: float) -> float:
    """A number in three digits that is not less: nothing is told that was not shown."""
    if not np.isfinite(value):
        return value
    least = value * (1 - ROUNDING)
    return float(Context(prec=3, rounding=ROUND_CEILING).create_decimal_from_float(least))


def is_linearised(values: Sequence[float] | Floats, means: Sequence[float] | Floats) -> bool:
    """Whether mean scores are only first-order: differences of the metric are not theirs.

    ``values`` are the metric of some prompts, oriented so that more is better, ``means`` their
    mean scores on the same images. What is not finite tells nothing.
    """
    metric, score = np.array(values), np.array(means)
    told = np.isfinite(metric) & np.isfinite(score)
    if not told.any():
        return False
    shift = metric[told] - score[told]
    return bool(np.ptp(shift) > 1e-9 * np.abs(metric[told]).max())
