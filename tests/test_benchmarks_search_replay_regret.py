from pathlib import Path

import numpy as np
import pytest

from benchmarks.search_replay.contenders import own
from benchmarks.search_replay.regret import GRID, SHARES, Regrets, measure_regrets
from benchmarks.search_replay.synthetic import Synthetic
from prompt_search.strategies import Exhaustive, RandomBest

FAMILY = Synthetic("x", 0.5, candidates=40, select=60, test=30)


def steps(*falls: float) -> Regrets:
    """Curves that fall to 0.05 at these shares."""
    select = np.where(np.array(falls)[:, None] <= GRID, 0.05, 1.0)
    return Regrets(select, 2 * select, np.ones(len(falls)))


def test_the_grid_holds_what_is_reported():
    assert set(SHARES) <= set(GRID)
    assert (GRID[0], GRID[-1]) == (0.001, 1)


def test_curves_end_at_zero_for_exhaustive():
    found = measure_regrets(FAMILY.draw, own("all", Exhaustive()), 4)
    assert found.select.shape == found.test.shape == (4, len(GRID))
    assert found.spent.tolist() == [1, 1, 1, 1]
    assert found.select[:, 0].tolist() == [1, 1, 1, 1]
    assert found.select[:, -1].tolist() == found.test[:, -1].tolist() == [0, 0, 0, 0]
    falling = found.select[:, found.select.max(0) < 1]  # once somebody leads for every seed
    assert (np.diff(falling, axis=1) <= 1e-12).all()


def test_the_same_seeds_give_the_same_curves():
    one, two = (measure_regrets(FAMILY.draw, own("r", RandomBest(5)), 3) for _ in range(2))
    assert (one.select == two.select).all()
    assert len(np.unique(one.select[:, -1])) == 3


def test_seeds_that_are_known_are_not_played_again():
    player, played, kept = own("r", RandomBest(5)), [], []

    def draw(seed: int):
        played.append(seed)
        return FAMILY.draw(seed)

    two = measure_regrets(draw, player, 2)
    four = measure_regrets(draw, player, 4, known=two, keep=kept.append)
    assert played == [0, 1, 2, 3]
    assert [len(found.spent) for found in kept] == [3, 4]
    whole = measure_regrets(FAMILY.draw, player, 4)
    assert (four.select == whole.select).all()
    assert (four.test == whole.test).all()
    assert (four.spent == whole.spent).all()
    assert (measure_regrets(draw, player, 1, known=four).select == two.select[:1]).all()
    assert played == [0, 1, 2, 3]


def test_what_is_read_off_a_curve():
    found = steps(0.04, 0.1, 0.3)
    assert found.at("select", 0.2).tolist() == [0.05, 0.05, 1.0]
    assert found.at("test", 0.01).tolist() == [2, 2, 2]
    assert found.reached(0.1) == pytest.approx(0.1, rel=0.13)
    assert found.reached(0.01) == np.inf
    low, middle, high = found.band("select")
    assert middle[np.searchsorted(GRID, 0.2)] == 0.05
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_saved_and_read_back(tmp_path: Path):
    found = steps(0.2, 0.3)
    found.save(tmp_path / "x.npz")
    back = Regrets.load(tmp_path / "x.npz")
    assert (back.select == found.select).all()
    assert (back.test == found.test).all()
    assert (back.spent == found.spent).all()
