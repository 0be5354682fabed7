"""A matrix of scores that answers a strategy and remembers what was asked."""

from collections.abc import Sequence

import numpy as np

from prompt_search.outcome import Outcome, Strategy
from prompt_search.table import Known


class Table:
    def __init__(self, scores: np.ndarray) -> None:
        self.scores, self.asked = scores, np.zeros(scores.shape, int)
        self.rungs: list[tuple[int, list[int], list[int]]] = []

    def ask(self, candidates: Sequence[int], start: int, stop: int) -> np.ndarray:
        self.asked[list(candidates), start:stop] += 1
        return self.scores[list(candidates), start:stop]

    def log(self, judged, means, images, kept) -> None:
        expected = [self.scores[c, :images].mean() for c in judged]
        assert np.allclose(means, expected)
        self.rungs.append((images, list(judged), list(kept)))

    def run(self, strategy: Strategy, known: Known | None = None, most: int = 10**9) -> Outcome:
        """Run a strategy that may ask for ``most`` cells."""
        return strategy.run(
            self.ask,
            self.log,
            *self.scores.shape,
            known or {},
            lambda cells: self.asked.sum() + cells <= most,
        )

    def known(self, *candidates: int) -> dict[int, np.ndarray]:
        return {c: self.scores[c] for c in candidates}


def noisy(candidates: int, images: int, best: int, seed: int = 0) -> np.ndarray:
    """Scores of prompts of sd 0.05, one at 0.6, images of sd 1 and an interaction of sd 0.2."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, 0.05, (candidates, 1))
    effect[best] = 0.6
    return effect + rng.normal(0, 1, images) + rng.normal(0, 0.2, (candidates, images))
