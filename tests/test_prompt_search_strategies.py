from collections.abc import Sequence

import numpy as np
import pytest

from painter_kit.errors import InputError
from prompt_search.strategies import (
    STRATEGIES,
    Exhaustive,
    Halving,
    RandomBest,
    Strategy,
    best_first,
    make_strategy,
)


class Table:
    """A matrix of scores that remembers what was asked."""

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

    def run(self, strategy: Strategy) -> list[int]:
        return strategy.run(self.ask, self.log, *self.scores.shape)


def noisy(candidates: int, images: int, best: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, 0.05, (candidates, 1))
    effect[best] = 0.6
    return effect + rng.normal(0, 1, images) + rng.normal(0, 0.2, (candidates, images))


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("shape", [(64, 96), (3, 5), (50, 8), (1, 1), (17, 33), (512, 20)])
def test_cells_are_asked_once_and_as_planned(name: str, shape: tuple[int, int]):
    strategy = make_strategy(name, k=16, b0=8, eta=4, keep=4)
    table = Table(noisy(*shape, best=0))
    finalists = table.run(strategy)
    assert table.asked.max() == 1
    assert table.asked.sum() == strategy.cells(*shape)
    assert all(table.asked[f].all() for f in finalists)
    assert len(set(finalists)) == len(finalists) > 0


def test_halving_cost_is_the_published_formula():
    """N b0 [1 + (1 - 1/eta)(R - 1)] for sizes that divide evenly."""
    assert Halving().cells(512, 512) == 512 * 8 * (1 + 0.75 * 3)
    assert Halving().cells(512, 512) / 512**2 <= 0.055
    assert Halving().cells(1000, 500) == pytest.approx(26_000, rel=0.03)
    assert Halving().cells(24_231, 654) == pytest.approx(640_000, rel=0.03)


def test_rungs_and_survivors():
    assert Halving().rungs(500) == [8, 32, 128, 500]
    assert Halving().rungs(32) == [8, 32]
    assert Halving().rungs(8) == [8]
    assert Halving().rungs(5) == [5]
    assert [Halving().survivors(n) for n in (1000, 17, 16, 5, 4, 2)] == [250, 5, 4, 4, 4, 2]


def test_halving_judges_survivors_on_nested_common_images():
    table = Table(noisy(64, 96, best=20))
    table.run(Halving())
    assert [(images, len(judged)) for images, judged, _ in table.rungs] == [
        (8, 64),
        (32, 16),
        (96, 4),
    ]
    for (_, _, kept), (_, judged, _) in zip(table.rungs, table.rungs[1:], strict=False):
        assert kept == judged
    seen = table.asked.sum(1)
    assert sorted(set(seen)) == [8, 32, 96]
    assert all(row[:n].all() for row, n in zip(table.asked, seen, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_halving_and_exhaustive_find_a_planted_best(seed: int):
    scores = noisy(200, 64, best=seed * 31, seed=seed)
    assert Table(scores).run(Halving())[0] == seed * 31
    assert Table(scores).run(Exhaustive())[0] == seed * 31


def test_exhaustive_ranks_everybody():
    table = Table(noisy(30, 10, best=3))
    order = table.run(Exhaustive())
    assert order == np.argsort(-table.scores.mean(1)).tolist()
    assert table.rungs[0][2] == order[:1]


def test_random_judges_the_first_k():
    table = Table(noisy(30, 10, best=3))
    assert sorted(table.run(RandomBest(5))) == [0, 1, 2, 3, 4]
    assert table.asked[5:].sum() == 0
    assert RandomBest(50).cells(30, 10) == 300


def test_equal_means_go_by_number_and_the_worst_can_be_infinite():
    assert best_first([4, 7, 2], np.array([0.5, 0.5, 0.5])) == [2, 4, 7]
    assert best_first([0, 1, 2], np.array([-np.inf, -1.0, -np.inf])) == [1, 0, 2]


def test_a_candidate_without_numbers_is_dropped_first():
    scores = noisy(20, 32, best=3)
    scores[3, 2] = -np.inf
    table = Table(scores)
    table.run(Halving())
    assert 3 not in table.rungs[0][2]


def test_unknown_strategy():
    with pytest.raises(InputError, match=r"--strategy must be one of .* but got 'genetic'"):
        make_strategy("genetic", 1, 8, 4, 4)
