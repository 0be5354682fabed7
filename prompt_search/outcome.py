"""What a strategy is and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from prompt_search.certificate import Certificate
from prompt_search.table import NOTHING, Ask, Known, Log, May, always, best_first


@dataclass(frozen=True)
class Outcome:
    """What a strategy found.

    ``finalists``: candidates judged on all images, best mean score first. ``certificate`` of the
    first finalist, where the strategy gives one. ``stopped``: why it ended early, else empty.
    """

    finalists: list[int]
    certificate: Certificate | None = None
    stopped: str = ""


class Strategy(Protocol):
    """A way to spend forwards."""

    def cells(self, candidates: int, images: int, known: int = 0) -> int:
        """How many cells ``run`` asks for, at most, when so many candidates are known."""
        ...

    def least(self, candidates: int, images: int, known: int = 0) -> int:
        """The cells of the shortest run that still makes sense."""
        ...

    def within(self, candidates: int, images: int, cells: int, known: int = 0) -> Strategy:
        """The same way with a schedule that fits ``cells``, where it has one to choose."""
        ...

    def run(
        self,
        ask: Ask,
        log: Log,
        candidates: int,
        images: int,
        known: Known = NOTHING,
        may: May = always,
    ) -> Outcome:
        """Find the best candidate.

        ``known`` rows need not be asked for. ``may`` is told the cells of a step and of what it
        obliges to, before the step; when it says no, or ``ask`` raises ``Stopped``, only the
        leader's own row is completed.
        """
        ...


def close(log: Log, rows: Known, images: int, most: int, stopped: str = "") -> Outcome:
    """The best ``most`` of candidates whose ``rows`` are complete, taken down."""
    judged = sorted(rows)
    means = np.array([rows[c].mean() for c in judged])
    order = best_first(judged, means)
    log(judged, means, images, order[:1])
    return Outcome(order[: max(1, most)], stopped=stopped)
