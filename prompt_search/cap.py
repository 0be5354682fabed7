"""Fewer candidates than the pool has: a diverse choice or a random one, and what it may cost."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from painter_kit.evaluation.likeness import Floats
from painter_kit.evaluation.order import keyed_order
from prompt_search.maximum import expected_maximum

_AT_ONCE = 64  # candidates that are compared with all others together


@dataclass(frozen=True)
class Cap:
    """``size`` of ``total`` candidates were kept, chosen in this ``way`` (diverse or random)."""

    way: str
    size: int
    total: int

    @property
    def loss_in_sd(self) -> float:
        """What the best of ``size`` is expected to lack of the best of ``total``.

        In standard deviations of a prompt effect that is normal and that features say nothing of.
        """
        return expected_maximum(self.total) - expected_maximum(self.size)

    @property
    def sentence(self) -> str:
        """The cap and its risk before anything is measured."""
        return (
            f"{self.way} cap of {self.size} of {self.total} candidates, expected to lack "
            f"{self.loss_in_sd:.2f} sd of the prompt effect of the best of all"
        )


@dataclass(frozen=True)
class CapRisk:
    """The expected loss of a cap in the metric's unit, at the panel's prompt sd and at its upper
    95 % limit; ``part`` names the part of the task."""

    cap: Cap
    loss: float
    loss_high: float
    metric: str
    unit: str
    part: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and names."""
        known = {**asdict(self.cap), "loss": self.loss, "loss_high": self.loss_high}
        return {"part": self.part, **known} if self.part else known

    @property
    def sentence(self) -> str:
        """The risk in words."""
        cap, unit = self.cap, f" {self.unit}" if self.unit else ""
        return (
            f"{self.part} cap: {cap.size} of {cap.total} candidates ({cap.way}); the best of all "
            f"is expected to be better by {self.loss:.2g}{unit} in {self.metric} (at most "
            f"{self.loss_high:.2g} with 95% confidence), if prompts differ normally"
        ).strip()


def random_choice(ids: Sequence[str], size: int, seed: int) -> list[int]:
    """Places of ``size`` candidates, uniform without replacement, in ascending order."""
    return sorted(keyed_order(ids, "cap", seed)[:size])


def diverse_choice(features: Floats, size: int) -> list[int]:
    """Places of ``size`` candidates that stand for all, in ascending order.

    Greedy facility location: each step takes the candidate that adds most to the sum over all
    candidates of their largest similarity to a chosen one (the first of equals); similarities are
    (1 + cosine) / 2 of ``features`` float32 (N, D). The sum is submodular, so that the choice
    reaches 1 - 1/e of the best one, and gains only shrink, so that most are never computed again.
    """
    count = len(features)
    covered = np.zeros(count, np.float32)
    # Entries (-gain, place, chosen when it was computed); the smallest comes first.
    heap = [(-float(g), i, 0) for i, g in enumerate(_first_gains(features))]
    heapq.heapify(heap)
    chosen: list[int] = []
    while len(chosen) < min(size, count):
        if heap[0][2] == len(chosen):
            place = heapq.heappop(heap)[1]
            chosen.append(place)
            np.maximum(covered, _similar(features, features[[place]])[:, 0], out=covered)
            continue
        # Products of matrices are far faster than one candidate at a time.
        stale = [heapq.heappop(heap)[1] for _ in range(min(_AT_ONCE, len(heap)))]
        reach = _similar(features, features[stale])
        reach -= covered[:, None]
        gains = np.maximum(reach, 0, out=reach).sum(axis=0, dtype=np.float64)
        for place, gain in zip(stale, gains.tolist(), strict=True):
            heapq.heappush(heap, (-gain, place, len(chosen)))
    return sorted(chosen)


def _similar(features: Floats, others: Floats) -> Floats:
    """float32 (N, K): (1 + cosine) / 2, never below 0."""
    return np.maximum((1 + features @ others.T) / 2, 0)


def _first_gains(features: Floats) -> np.ndarray:
    """float64 (N,): what every candidate alone is worth."""
    starts = range(0, len(features), _AT_ONCE)
    parts = (_similar(features, features[s : s + _AT_ONCE]) for s in starts)
    return np.concatenate([part.sum(axis=0, dtype=np.float64) for part in parts])
