"""The ways to spend forwards: which cells of the candidates x images table to ask for.

A strategy knows candidates and images as numbers and decides from scores alone; it calls
``ask`` for scores and ``log`` for every decision. Both orders are random but fixed, so a prefix
is a fair sample. It never learns what the store held before, so the same scores give the same
decisions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from painter_kit.errors import InputError
from painter_kit.evaluation.panel import PANEL_SIZE
from prompt_search.halving import Halving
from prompt_search.ledger import Ledger, settle
from prompt_search.outcome import Outcome, Strategy, close
from prompt_search.table import NOTHING, Ask, Floats, Known, Log, May, always, best_first


@dataclass(frozen=True)
class RandomBest:
    """The best of the first ``k`` candidates, each judged on all images, known or not."""

    k: int

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """k x images."""
        return min(self.k, candidates) * images

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
        for candidate in range(min(self.k, candidates)):
            if rows and not may(images):
                return close(log, rows, images, len(rows), stopped=True)
            rows[candidate] = ask([candidate], 0, images)[0]
        return close(log, rows, images, len(rows))


@dataclass(frozen=True)
class Exhaustive:
    """Every candidate on every image."""

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """candidates x images."""
        return candidates * images

    def run(
        self,
        ask: Ask,
        log: Log,
        candidates: int,
        images: int,
        known: Known = NOTHING,
        may: May = always,
    ) -> Outcome:
        """Judge all."""
        return RandomBest(candidates).run(ask, log, candidates, images, known, may)


@dataclass(frozen=True)
class HalvingCertify:
    """Halving, then challenges to its winner until no candidate may beat it, or ``share`` is spent.

    ``share`` of exhaustive caps all cells; ``delta`` is the risk that the certificate is wrong;
    challenges end when nobody may beat the winner by more than ``epsilon``. With ``limits`` of
    every score the bounds are strict ones (see ``ledger.Ledger``). Without known rows the
    first candidates are judged on all images to serve as the reference.
    """

    halving: Halving = field(default_factory=Halving)
    share: float = 0.25
    delta: float = 0.05
    epsilon: float = 0.0
    limits: tuple[float, float] | None = None

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """``share`` of exhaustive, but at least what halving and a reference cost."""
        reference = 0 if known else min(PANEL_SIZE, candidates)
        least = self.halving.cells(candidates, images, known or reference) + reference * images
        most = max(least, int(self.share * candidates * images))
        return min((candidates - known) * images, most)

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
        ledger = Ledger(ask, shape, known, self.looks(images), self.delta, self.limits)
        found = self.halving.run(ledger.ask, log, candidates, images, known, may)
        done = not found.stopped and settle(
            ledger,
            log,
            self.epsilon,
            lambda cells: may(cells) and spent + ledger.asked + cells <= most,
        )
        judged = np.flatnonzero(ledger.seen == images)
        order = best_first(judged.tolist(), ledger.means[judged])
        finalists = order[: max(self.halving.keep, len(found.finalists))]
        return Outcome(finalists, ledger.certificate(), stopped=not done)


@dataclass(frozen=True)
class PanelBest:
    """The best of the known candidates, the panel; nothing is asked for."""

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """None, but one candidate's when nobody is known."""
        return 0 if known else images

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

    ``released`` judges one prompt on all images, and which one that is the data say. Raises
    ``InputError`` for an unknown name.
    """
    if name in ("random", "released"):
        return RandomBest(k if name == "random" else 1)
    if name == "panel":
        return PanelBest()
    if name == "exhaustive":
        return Exhaustive()
    if name == "halving":
        return certify.halving
    if name == "halving+certify":
        return certify
    raise InputError(f"--strategy must be one of {', '.join(STRATEGIES)} but got {name!r}")
