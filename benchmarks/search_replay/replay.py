"""A matrix that answers strategies, counts cells and remembers who was in the lead when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.search_replay.matrices import Matrix, finite_mean

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Course:
    """Who led after how many cells: ``cells`` rising, ``leaders`` candidates."""

    cells: Integers
    leaders: Integers

    def at(self, cells: float | Floats) -> Integers:
        """The leader when so many cells were spent; -1 where nobody led yet."""
        place = np.searchsorted(self.cells, cells, side="right") - 1
        return np.where(place >= 0, self.leaders[place], -1)


class Replay:
    """Scores on demand. A cell that was asked for before costs nothing, as with the store.

    Anytime leader: the best of those judged on all images; before a race has any, the best of
    the last decision that was logged. ``panel`` candidates are known and paid for at once. Where
    there are some, a search that is ended then has the leader judged on the other images too, and
    takes the best of it and the panel: that is who leads, once this is paid for.
    """

    def __init__(self, matrix: Matrix, panel: Sequence[int] = ()) -> None:
        self.matrix, self.asked = matrix, 0
        self.shape: tuple[int, int] = (len(matrix.select), matrix.select.shape[1])
        self._seen = np.zeros(self.shape, bool)
        self._left = np.full(self.shape[0], self.shape[1])
        self._means = matrix.select.mean(1)
        self._steps: list[tuple[int, int]] = []
        self._raced = False
        self.known = {int(c): self.ask([c], 0, self.shape[1])[0] for c in panel}
        self._raced = False  # knowing the panel is no race

    def ask(self, candidates: Sequence[int], start: int, stop: int) -> Floats:
        """float64 (n, stop - start): scores of candidates on images start to stop."""
        columns = np.arange(start, stop)
        return self.look(candidates, np.broadcast_to(columns, (len(candidates), len(columns))))

    def look(self, candidates: Sequence[int], columns: Integers) -> Floats:
        """float64 (n, b): scores of each candidate on its own images, ``columns`` int (n, b)."""
        rows = np.asarray(candidates, int)[:, None]
        fresh = ~self._seen[rows, columns]
        self._seen[rows, columns] = True
        self.asked += int(fresh.sum())
        self._left[rows[:, 0]] -= fresh.sum(1)
        complete = np.flatnonzero(self._left == 0)
        if len(complete) and (self._left[rows[:, 0]] == 0).any():
            self._raced = True
            self.lead(int(complete[self._means[complete].argmax()]))
        return self.matrix.select[rows, columns]

    def log(self, judged: Sequence[int], means: Floats, images: int, kept: Sequence[int]) -> None:
        """Take the best of a rung for the leader while nobody has been judged on all images."""
        if self._raced or images >= self.shape[1]:
            return
        rivals = np.array([*self.known, judged[int(np.argmax(means))]])
        later = self.shape[1] - images if self.known else 0
        self.lead(int(rivals[self._means[rivals].argmax()]), later)

    def lead(self, candidate: int, later: int = 0) -> None:
        """From now on this one would be chosen, or when ``later`` cells more would be spent."""
        while self._steps and self._steps[-1][0] > self.asked:
            self._steps.pop()  # it was not spent on that
        self._steps.append((self.asked + later, candidate))

    @property
    def course(self) -> Course:
        """Who led when."""
        cells, leaders = np.array(self._steps, int).reshape(-1, 2).T
        return Course(cells, leaders)


@dataclass(frozen=True)
class Truth:
    """What the whole matrix says: who is best on select, and how much there is to gain."""

    matrix: Matrix

    def select_regret(self, leaders: Integers) -> Floats:
        """(best - leader) / (best - pool mean) on select; 1 where nobody leads yet."""
        means = self.matrix.select.mean(1)
        best, middle = means.max(), finite_mean(means)
        lost = np.where(leaders < 0, best - middle, best - means[leaders])
        return lost / (best - middle) if best > middle else np.zeros(np.shape(leaders))

    def test_regret(self, leaders: Integers) -> Floats:
        """(exhaustive's choice - leader) on test, in prompt deviations; can be negative.

        Where nobody leads yet, the pool's mean stands for the leader.
        """
        means, choice = self.matrix.test.mean(1), self.matrix.select.mean(1).argmax()
        sd = self.matrix.components.prompt_sd
        reached = np.where(leaders < 0, finite_mean(means), means[leaders])
        return (means[choice] - reached) / sd if sd else np.zeros(np.shape(leaders))
