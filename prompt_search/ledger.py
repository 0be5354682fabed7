"""Upper bounds of every candidate, kept while a search runs, and the race against its leader.

Every candidate's difference from a fixed reference (the panel's mean on each image) is averaged
over the images seen so far, which takes the difficulty of images out, and bounded from above.
The best candidate's own bound fails with probability delta at most, whatever is asked of the
others and why; hence the largest bound of all holds with the same confidence, and no correction
for the number of candidates is due. Being anytime, the bounds may use the images that halving
has judged, and searching may end at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from prompt_search.bounds import student_upper
from prompt_search.certificate import ROUNDING, Certificate
from prompt_search.table import (
    BUDGET,
    PATIENCE,
    SHARE,
    Ask,
    Floats,
    Known,
    Log,
    May,
    Stopped,
    always,
)


class Ledger:
    """Answers a strategy's questions and keeps an upper bound of every candidate's mean score.

    ``looks`` are the numbers of images at which bounds are taken, fixed beforehand: Student's t
    at ``delta`` shared among them. Candidates must be asked for from image 0 on without gaps.
    """

    def __init__(
        self,
        ask: Ask,
        shape: tuple[int, int],
        known: Known,
        looks: Sequence[int],
        delta: float,
    ) -> None:
        candidates, self.images = shape
        self.looks = sorted({look for look in looks if look < self.images} | {self.images})
        self.asked = 0
        self.seen = np.zeros(candidates, int)
        self.means = np.full(candidates, np.nan)  # of those judged on all images
        self.uppers = np.full(candidates, np.inf)
        self._ask, self._delta = ask, delta
        finite = {c: row for c, row in known.items() if np.isfinite(row).all()}
        self._reference = np.mean([*finite.values()] or [np.zeros(self.images)], axis=0)
        self._usual_sd = _usual_sd(finite, self._reference)
        self._values = np.empty(shape)  # pages that are never written take no memory
        for candidate, row in known.items():
            self._keep([candidate], 0, np.asarray(row)[None])

    def ask(self, candidates: Sequence[int], start: int, stop: int) -> Floats:
        """float64 (n, stop - start): scores of candidates on images start to stop."""
        rows = self._ask(candidates, start, stop)
        self.asked += rows.size
        self._keep(candidates, start, rows)
        return rows

    def prefix(self, candidates: Sequence[int], stop: int) -> Floats:
        """float64 (n,): mean scores on the first ``stop`` images, which have been judged."""
        return self._values[list(candidates), :stop].mean(1)

    @property
    def leader(self) -> int:
        """The best of those judged on all images."""
        return int(np.nanargmax(self.means))  # the first of equals, as best_first has it

    def open(self, epsilon: float = 0.0) -> list[int]:
        """Candidates that may beat the leader by more than ``epsilon``, highest bound first."""
        able = np.flatnonzero(self._able(epsilon))
        return able[np.argsort(-self.uppers[able], kind="stable")].tolist()

    def is_open(self, candidate: int, epsilon: float = 0.0) -> bool:
        """Whether this candidate may beat the leader by more than ``epsilon``."""
        return bool(self._able(epsilon)[candidate])

    def _able(self, epsilon: float) -> npt.NDArray[np.bool_]:
        best = self.means[self.leader]
        limit = best + max(epsilon, ROUNDING * abs(best))
        return (self.uppers > limit) & (self.seen < self.images)

    def certificate(self) -> Certificate:
        """What is certain of the leader now."""
        candidates = len(self.seen)
        best, highest = float(self.means[self.leader]), float(self.uppers.max())
        settled = candidates - len(self.open())
        return Certificate(1 - self._delta, self.images, candidates, settled, best, highest)

    def _keep(self, candidates: Sequence[int], start: int, rows: Floats) -> None:
        index, stop = np.array(candidates, int), start + rows.shape[1]
        if (self.seen[index] != start).any():
            raise ValueError("candidates must be asked for from image 0 on without gaps")
        self._values[index, start:stop] = rows
        self.seen[index] = stop
        if stop == self.images:
            self.means[index] = self._values[index].mean(1)
            self.uppers[index] = self.means[index]
        elif stop in self.looks:
            self.uppers[index] = np.minimum(self.uppers[index], self._bounds(index, stop))

    def _bounds(self, index: np.ndarray, seen: int) -> Floats:
        differences = self._values[index, :seen] - self._reference[:seen]
        level = self._reference.mean()
        hopeless = np.isneginf(differences).any(1)
        differences[hopeless] = 0
        # Few images can look far calmer than all do, and the best candidate owes its place to rare
        # high values among others: never calmer than the panel usually is.
        sd = differences.std(1, ddof=1) if seen > 1 else np.full(len(index), np.inf)
        alpha = self._delta / (len(self.looks) - 1)
        sd = np.maximum(sd, self._usual_sd)
        uppers = student_upper(differences.mean(1), sd, seen, self.images, alpha)
        return np.where(hopeless, -np.inf, level + np.nan_to_num(uppers, nan=np.inf))


def _usual_sd(known: Mapping[int, Floats], reference: Floats) -> float:
    """The median deviation of a known prompt's differences from the reference, over images.

    A prompt is itself a part of the reference, which makes the variance of its differences
    smaller by (P - 1) / P and a stranger's larger by (P + 1) / P.
    """
    size = len(known)
    if size < 2:
        return 0.0
    inside = float(np.median([np.std(row - reference, ddof=1) for row in known.values()]))
    return inside * float(np.sqrt((size + 1) / (size - 1)))


def settle(
    ledger: Ledger,
    log: Log,
    epsilon: float = 0.0,
    may: May = always,
    batch: int = 16,
    most: int | None = None,
    patience: int | None = None,
) -> str:
    """Challenge the leader until no candidate may beat it by more than ``epsilon``.

    Always the ``batch`` candidates of the highest bounds are judged on images up to the next
    look; whoever is judged on all images and better takes the lead. Returns why it ended before
    that, else an empty text: ``may`` said no, the ledger would have asked for more than ``most``
    cells, or ``patience`` challenges in a row changed no leader.
    """
    tried = 0
    while challengers := ledger.open(epsilon)[:batch]:
        groups: dict[int, list[int]] = {}
        for candidate in challengers:
            groups.setdefault(int(ledger.seen[candidate]), []).append(candidate)
        for seen, group in sorted(groups.items()):
            if patience and tried >= patience:
                return PATIENCE
            stop, leader = next(look for look in ledger.looks if look > seen), ledger.leader
            cells = len(group) * (stop - seen)
            if most is not None and ledger.asked + cells > most:
                return SHARE
            try:
                if not may(cells):
                    return BUDGET
                ledger.ask(group, seen, stop)
            except Stopped:
                return BUDGET
            tried = tried + len(group) if ledger.leader == leader else 0
            staying = [c for c in group if c == ledger.leader or ledger.is_open(c, epsilon)]
            log(group, ledger.prefix(group, stop), stop, staying)
    return ""
