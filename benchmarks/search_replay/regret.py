"""Anytime regret of a contender over many seeds, and the numbers that sum it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.search_replay.apart import Each
from benchmarks.search_replay.contenders import Contender
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.replay import Truth
from painter_kit.evaluation.order import generator
from painter_kit.files import atomic

Floats = npt.NDArray[np.float64]

SHARES = (0.01, 0.05, 0.2)
GOALS = (0.25, 0.1)
# Shares of exhaustive at which curves are drawn, the named ones among them.
GRID = np.unique([*np.geomspace(0.001, 1, 61).round(6), *SHARES])


@dataclass(frozen=True, eq=False)
class Regrets:
    """Of one contender over S seeds: regret on ``select`` (normalised) and ``test`` (in prompt
    deviations), float64 (S, shares of ``GRID``); ``spent`` (S,) shares of exhaustive spent."""

    select: Floats
    test: Floats
    spent: Floats

    def band(self, name: str) -> Floats:
        """float64 (3, shares): 10 % quantile, median and 90 % quantile of a curve."""
        return np.quantile(getattr(self, name), [0.1, 0.5, 0.9], axis=0)

    def at(self, name: str, share: float) -> Floats:
        """float64 (S,): regret when ``share`` of exhaustive, one of the grid, is spent."""
        return getattr(self, name)[:, int(np.searchsorted(GRID, share))]

    def reached(self, goal: float) -> float:
        """Median share of exhaustive after which regret on select is at most ``goal``.

        Infinite when half of the seeds never get there.
        """
        there = self.select <= goal
        return float(np.median(np.where(there.any(1), GRID[there.argmax(1)], np.inf)))

    @property
    def area(self) -> float:
        """Mean regret on select over the logarithm of what is spent, from 0.1 % of exhaustive to
        all of it: the area under a curve of the figure. Median over seeds."""
        x = np.log(GRID)
        areas = np.trapezoid(self.select, x, axis=1) / (x[-1] - x[0])
        return float(np.median(areas))

    def then(self, later: Regrets) -> Regrets:
        """Those of the seeds of both, in this order."""
        both = ((getattr(self, f.name), getattr(later, f.name)) for f in fields(self))
        return Regrets(*(np.concatenate(pair) for pair in both))

    def first(self, seeds: int) -> Regrets:
        """Those of the first so many seeds."""
        return Regrets(*(getattr(self, f.name)[:seeds] for f in fields(self)))

    def save(self, path: Path) -> None:
        """Write all to one file."""
        with atomic(path) as temporary:
            np.savez_compressed(temporary, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Regrets:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(*(file[f.name] for f in fields(cls)))


NONE = Regrets(np.empty((0, len(GRID))), np.empty((0, len(GRID))), np.empty(0))


def measure_regrets(
    draw: Callable[[int], Matrix],
    contender: Contender,
    seeds: int,
    each: Each = map,
    known: Regrets = NONE,
    keep: Callable[[Regrets], object] = lambda found: None,
) -> Regrets:
    """Play ``contender`` on ``draw(seed)`` for every seed, those ``known`` not again.

    Every seed has its own order of candidates and images, the same for all contenders.
    ``keep`` is given what is found so far after each seed.
    """
    found = known
    for one in each(partial(_play, draw, contender), range(len(known.spent), seeds)):
        found = found.then(one)
        keep(found)
    return found.first(seeds)


def _play(draw: Callable[[int], Matrix], contender: Contender, seed: int) -> Regrets:
    matrix = draw(seed).shuffled(generator(seed, "replay order"))
    course = contender.run(matrix, generator(seed, "replay", contender.name))
    truth, leaders = Truth(matrix), course.at(GRID * matrix.select.size)
    spent = np.array([course.cells[-1] / matrix.select.size])
    return Regrets(truth.select_regret(leaders)[None], truth.test_regret(leaders)[None], spent)
