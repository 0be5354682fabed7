"""Successive halving: few images for all candidates, many for the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from prompt_search.outcome import Outcome, close
from prompt_search.table import (
    BUDGET,
    NOTHING,
    Ask,
    Floats,
    Known,
    Log,
    May,
    Stopped,
    always,
    best_first,
)


@dataclass(frozen=True)
class Halving:
    """Successive halving on nested common images (Karnin et al. 2013, with pairing).

    Rung r judges the survivors on the first ``b0 * eta ** r`` images (the last rung on all) and
    keeps the best ``max(keep, ceil(n / eta))`` of n. Scores of earlier rungs are reused. Known
    candidates skip the rungs and meet the survivors at the end. A ``b0`` that is ``fixed`` is no
    matter of budgets: the schedule fits one or does not.
    """

    b0: int = 8
    eta: int = 4
    keep: int = 4
    fixed: bool = False

    @classmethod
    def fitted(
        cls,
        candidates: int,
        images: int,
        cells: int,
        eta: int = 4,
        keep: int = 4,
        known: int = 0,
    ) -> Halving:
        """The longest first rung, 2 to a power, of which all rungs cost at most ``cells``."""
        rungs = (cls(1 << k, eta, keep) for k in range(12))
        sizes = [each for each in rungs if each.b0 <= images]
        fits = [each.b0 for each in sizes if each.cells(candidates, images, known) <= cells]
        return cls(max(fits, default=1), eta, keep)

    def within(self, candidates: int, images: int, cells: int, known: int = 0) -> Halving:
        """As long a first rung as ``cells`` allow, whatever it was, unless it is ``fixed``."""
        if self.fixed:
            return self
        return self.fitted(candidates, images, cells, self.eta, self.keep, known)

    def least(self, candidates: int, images: int, known: int = 0) -> int:
        """A first rung of one image, or the ``fixed`` one."""
        return (self if self.fixed else replace(self, b0=1)).cells(candidates, images, known)

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

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """Unknown candidates x b0 at first, then each rung's survivors on its new images."""
        total = start = 0
        candidates -= known
        for end in self.rungs(images):
            total += candidates * (end - start)
            candidates, start = self.survivors(candidates), end
        return total

    def run(
        self,
        ask: Ask,
        log: Log,
        candidates: int,
        images: int,
        known: Known = NOTHING,
        may: May = always,
    ) -> Outcome:
        """Judge, drop the worst, and go on with more images."""
        alive, start = [c for c in range(candidates) if c not in known], 0
        rows = np.empty((candidates, images))
        for end in self.rungs(images):
            if not alive or not may(len(alive) * (end - start) + images - end):
                return self._stop(ask, log, rows, known, alive, start)
            try:
                rows[alive, start:end] = ask(alive, start, end)
            except Stopped:
                return self._stop(ask, log, rows, known, alive, start)
            means = rows[alive, :end].mean(1)
            if end < images:
                kept = sorted(best_first(alive, means)[: self.survivors(len(alive))])
                log(alive, means, end, kept)
                alive, start = kept, end
        full = {**known, **{c: rows[c] for c in alive}}
        return close(log, full, images, len(alive))

    def _stop(
        self,
        ask: Ask,
        log: Log,
        rows: Floats,
        known: Known,
        alive: Sequence[int],
        start: int,
    ) -> Outcome:
        """End early: the leader's row is completed and meets the known ones."""
        images, full = rows.shape[1], dict(known)
        if alive and (start or not known):
            means = rows[list(alive), :start].mean(1) if start else np.zeros(len(alive))
            leader = best_first(alive, means)[0]
            rows[leader, start:] = ask([leader], start, images)[0]
            full[leader] = rows[leader]
        return close(log, full, images, len(full), stopped=BUDGET if alive else "")
