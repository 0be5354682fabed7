"""The ways to spend forwards: which cells of the candidates x images table to ask for.

A strategy knows candidates and images as numbers and decides from scores alone; it calls
``ask`` for scores and ``log`` for every decision. Both orders are random but fixed, so a prefix
is a fair sample. It never learns what the store held before, so the same scores give the same
decisions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from painter_kit.errors import InputError
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.halving import Halving
from prompt_search.ledger import Ledger, settle
from prompt_search.outcome import Outcome, Strategy, close
from prompt_search.table import (
    BUDGET,
    NOTHING,
    PATIENCE,
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
class RandomBest:
    """The best of the first ``k`` candidates (None: all), each judged on all images, known or not.

    It ends early when ``patience`` candidates in a row have not been better than the best.
    """

    k: int | None
    patience: int | None = None

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """k x images."""
        return self._judged(candidates) * images

    def _judged(self, candidates: int) -> int:
        return candidates if self.k is None else min(self.k, candidates)

    def least(self, candidates: int, images: int, known: int = 0) -> int:
        """One candidate."""
        return images

    def within(self, candidates: int, images: int, cells: int, known: int = 0) -> RandomBest:
        """Itself: it can stop after any candidate."""
        return self

    def run(
        self,
        ask: Ask,
        log: Log,
        candidates: int,
        images: int,
        known: Known = NOTHING,
        may: May = always,
    ) -> Outcome:
        """Judge k candidates (all if there are fewer), one after the other."""
        rows: dict[int, Floats] = {}
        best, stopped = -1, ""
        for candidate in range(self._judged(candidates)):
            if self.patience and candidate - best > self.patience:
                stopped = PATIENCE
            elif rows and not may(images):
                stopped = BUDGET
            if stopped:
                break
            try:
                rows[candidate] = ask([candidate], 0, images)[0]
            except Stopped:
                stopped = BUDGET
                if rows:
                    break
                rows[candidate] = ask([candidate], 0, images)[0]
            if best < 0 or rows[candidate].mean() > rows[best].mean():
                best = candidate
        return close(log, rows, images, len(rows), stopped)


@dataclass(frozen=True)
class Exhaustive(RandomBest):
    """Every candidate on every image, unless ``patience`` ends it."""

    k: int | None = None


@dataclass(frozen=True)
class HalvingCertify:
    """Halving, then challenges to its winner until no candidate may beat it, or ``share`` is spent.

    ``share`` of exhaustive caps all cells; ``delta`` is the risk that the certificate is wrong;
    challenges end when nobody may beat the winner by more than ``epsilon``. Without known rows
    the first candidates are judged on all images to serve as the reference. ``patience`` challenges
    in a row without a new leader end it too.
    """

    halving: Halving = field(default_factory=Halving)
    share: float = 0.25
    delta: float = 0.05
    epsilon: float = 0.0
    patience: int | None = None

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """``share`` of exhaustive, but at least what halving and a reference cost."""
        reference = 0 if known else min(PANEL_SIZE, candidates)
        least = self.halving.cells(candidates, images, known or reference) + reference * images
        most = max(least, int(self.share * candidates * images))
        return min((candidates - known) * images, most)

    def least(self, candidates: int, images: int, known: int = 0) -> int:
        """Halving from one image, without any challenge."""
        reference = 0 if known else min(PANEL_SIZE, candidates)
        halving = self.halving.least(candidates, images, known or reference)
        return halving + reference * images

    def within(self, candidates: int, images: int, cells: int, known: int = 0) -> HalvingCertify:
        """With a shorter halving if need be; what it leaves is for challenges."""
        halving = self.halving.within(candidates, images, cells, known)
        return self if self.halving.b0 <= halving.b0 else replace(self, halving=halving)

    def looks(self, images: int) -> list[int]:
        """Numbers of images at which bounds are taken: powers of 2 from ``b0`` and the rungs."""
        doubled = [self.halving.b0 << k for k in range(images.bit_length())]
        return sorted({*doubled, *self.halving.rungs(images)})

    def run(
        self,
        ask: Ask,
        log: Log,
        candidates: int,
        images: int,
        known: Known = NOTHING,
        may: May = always,
    ) -> Outcome:
        """Halve, then challenge."""
        most, spent = self.cells(candidates, images, len(known)), 0
        if not known:
            first = range(min(PANEL_SIZE, candidates))
            known = dict(zip(first, ask(first, 0, images), strict=True))
            spent = len(first) * images
        shape = (candidates, images)
        ledger = Ledger(ask, shape, known, self.looks(images), self.delta)
        found = self.halving.run(ledger.ask, log, candidates, images, known, may)
        stopped = found.stopped or settle(
            ledger, log, self.epsilon, may, most=most - spent, patience=self.patience
        )
        judged = np.flatnonzero(ledger.seen == images)
        order = best_first(judged.tolist(), ledger.means[judged])
        finalists = order[: max(self.halving.keep, len(found.finalists))]
        return Outcome(finalists, ledger.certificate(), stopped)


@dataclass(frozen=True)
class PanelBest:
    """The best of the known candidates, the panel; nothing is asked for."""

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """None, but one candidate's when nobody is known."""
        return 0 if known else images

    def least(self, candidates: int, images: int, known: int = 0) -> int:
        """The same."""
        return self.cells(candidates, images, known)

    def within(self, candidates: int, images: int, cells: int, known: int = 0) -> PanelBest:
        """Itself."""
        return self

    def run(
        self,
        ask: Ask,
        log: Log,
        candidates: int,
        images: int,
        known: Known = NOTHING,
        may: May = always,
    ) -> Outcome:
        """Rank the known candidates."""
        rows = dict(known) or {0: ask([0], 0, images)[0]}
        return close(log, rows, images, len(rows))


STRATEGIES = ("random", "exhaustive", "halving", "halving+certify", "released", "panel")


def make_strategy(name: str, k: int, certify: HalvingCertify) -> Strategy:
    """The strategy called ``name``: best of ``k``, or ``certify``, or only its halving.

    The patience is that of ``certify``. ``released`` judges one prompt on all images, and which
    one that is the data say.

    Raises ``InputError`` for an unknown name.
    """
    if name in ("random", "released"):
        return RandomBest(k if name == "random" else 1, certify.patience)
    if name == "panel":
        return PanelBest()
    if name == "exhaustive":
        return Exhaustive(patience=certify.patience)
    if name == "halving":
        return certify.halving
    if name == "halving+certify":
        return certify
    raise InputError(f"--strategy must be one of {', '.join(STRATEGIES)} but got {name!r}")
