"""Which cells of the candidates x images table to ask for, decided from scores alone.

A strategy knows candidates and images as numbers; it calls ``ask`` for scores and ``log`` for
every decision. Both orders are random but fixed, so a prefix is a fair sample. It never
learns what was known before, so the same scores give the same decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError

Floats = npt.NDArray[np.float64]

# ask(candidates, start, stop) -> float64 (n, stop - start): scores, higher is better, of the
# candidates on images start to stop (exclusive).
Ask: TypeAlias = Callable[[Sequence[int], int, int], Floats]


class Log(Protocol):
    """Takes a decision down: who was judged on the first ``images``, how well, who stays."""

    def __call__(
        self, judged: Sequence[int], means: Floats, images: int, kept: Sequence[int]
    ) -> None:
        """Take one decision down."""
        ...


class Strategy(Protocol):
    """A way to spend forwards."""

    def cells(self, candidates: int, images: int) -> int:
        """How many cells ``run`` asks for."""
        ...

    def run(self, ask: Ask, log: Log, candidates: int, images: int) -> list[int]:
        """The finalists: candidates judged on all images, best mean score first."""
        ...


def best_first(candidates: Sequence[int], means: Floats) -> list[int]:
    """Candidates by falling mean; equal ones in the order of their numbers."""
    return [c for _, c in sorted(zip(-means, candidates, strict=True))]


@dataclass(frozen=True)
class RandomBest:
    """The best of the first ``k`` candidates, each judged on all images."""

    k: int

    def cells(self, candidates: int, images: int) -> int:
        """k x images."""
        return min(self.k, candidates) * images

    def run(self, ask: Ask, log: Log, candidates: int, images: int) -> list[int]:
        """Judge k candidates (all if there are fewer)."""
        judged = list(range(min(self.k, candidates)))
        means = ask(judged, 0, images).mean(1)
        order = best_first(judged, means)
        log(judged, means, images, order[:1])
        return order


@dataclass(frozen=True)
class Exhaustive:
    """Every candidate on every image."""

    def cells(self, candidates: int, images: int) -> int:
        """candidates x images."""
        return candidates * images

    def run(self, ask: Ask, log: Log, candidates: int, images: int) -> list[int]:
        """Judge all."""
        return RandomBest(candidates).run(ask, log, candidates, images)


@dataclass(frozen=True)
class Halving:
    """Successive halving on nested common images (Karnin et al. 2013, with pairing).

    Rung r judges the survivors on the first ``b0 * eta ** r`` images (the last rung on all) and
    keeps the best ``max(keep, ceil(n / eta))`` of n. Scores of earlier rungs are reused.
    """

    b0: int = 8
    eta: int = 4
    keep: int = 4

    def rungs(self, images: int) -> list[int]:
        """How many images each rung has seen at its end."""
        ends, end = [], self.b0
        while end < images:
            ends.append(end)
            end *= self.eta
        return [*ends, images]

    def survivors(self, alive: int) -> int:
        """How many of ``alive`` candidates a rung keeps."""
        return min(alive, max(self.keep, ceil(alive / self.eta)))

    def cells(self, candidates: int, images: int) -> int:
        """candidates x b0 at first, then each rung's survivors on its new images."""
        total = start = 0
        for end in self.rungs(images):
            total += candidates * (end - start)
            candidates, start = self.survivors(candidates), end
        return total

    def run(self, ask: Ask, log: Log, candidates: int, images: int) -> list[int]:
        """Judge, drop the worst, and go on with more images."""
        alive, order, start = list(range(candidates)), [], 0
        sums = np.zeros(candidates)
        ends = self.rungs(images)
        for end in ends:
            sums[alive] += ask(alive, start, end).sum(1)
            means = sums[alive] / end
            order = best_first(alive, means)
            kept = order[:1] if end == images else sorted(order[: self.survivors(len(alive))])
            log(alive, means, end, kept)
            if end < images:
                alive, start = kept, end
        return order


STRATEGIES = ("random", "exhaustive", "halving")


def make_strategy(name: str, k: int, b0: int, eta: int, keep: int) -> Strategy:
    """The strategy called ``name``. Raises ``InputError`` for an unknown name."""
    if name == "random":
        return RandomBest(k)
    if name == "exhaustive":
        return Exhaustive()
    if name == "halving":
        return Halving(b0, eta, keep)
    raise InputError(f"--strategy must be one of {', '.join(STRATEGIES)} but got {name!r}")
