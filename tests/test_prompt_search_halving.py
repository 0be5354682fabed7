import numpy as np
import pytest

from prompt_search.halving import Halving
from tests.score_tables import Table, noisy


def test_cost_is_the_published_formula():
    """N b0 [1 + (1 - 1/eta)(R - 1)] for sizes that divide evenly."""
    assert Halving().cells(512, 512) == 512 * 8 * (1 + 0.75 * 3)
    assert Halving().cells(1000, 500) == pytest.approx(26_000, rel=0.03)
    assert Halving().cells(24_231, 654) == pytest.approx(640_000, rel=0.03)


@pytest.mark.parametrize(
    ("candidates", "images", "most", "total"),
    [(512, 512, 0.055, 0.09), (5000, 512, 0.055, 0.055), (5000, 2000, 0.02, 0.02)],
)
def test_a_small_part_of_exhaustive(candidates: int, images: int, most: float, total: float):
    """Selection, and with a panel of 16 and 128 images of confirmation."""
    cells, confirm = Halving().cells(candidates, images, 16), 17 * 128
    assert cells / (candidates * images) <= most
    assert (cells + 16 * images + confirm) / (candidates * images) <= total


def test_rungs_and_survivors():
    assert Halving().rungs(500) == [8, 32, 128, 500]
    assert Halving().rungs(32) == [8, 32]
    assert Halving().rungs(8) == [8]
    assert Halving().rungs(5) == [5]
    assert [Halving().survivors(n) for n in (1000, 17, 16, 5, 4, 2)] == [250, 5, 4, 4, 4, 2]


def test_survivors_are_judged_on_nested_common_images():
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
def test_a_planted_best_is_found(seed: int):
    scores = noisy(200, 64, best=seed * 31, seed=seed)
    assert Table(scores).run(Halving()).finalists[0] == seed * 31


def test_a_candidate_without_numbers_is_dropped_first():
    scores = noisy(20, 32, best=3)
    scores[3, 2] = -np.inf
    table = Table(scores)
    table.run(Halving())
    assert 3 not in table.rungs[0][2]


def test_known_candidates_are_not_asked_for_and_can_win():
    table = Table(noisy(64, 96, best=20))
    outcome = table.run(Halving(), table.known(20, 1, 2, 3))
    assert outcome.finalists[0] == 20
    assert table.asked[[20, 1, 2, 3]].sum() == 0
    assert table.asked.sum() == Halving().cells(64, 96, 4) == Halving().cells(60, 96)


def test_everything_can_be_known():
    table = Table(noisy(5, 9, best=3))
    outcome = table.run(Halving(), table.known(*range(5)))
    assert outcome.finalists[0] == 3
    assert not outcome.stopped
    assert table.asked.sum() == 0


@pytest.mark.parametrize("most", [0, 60, 600, 700, 1000])
def test_a_budget_ends_it_with_the_leader_judged_on_all(most: int):
    table = Table(noisy(64, 96, best=20))
    outcome = table.run(Halving(), most=most)
    assert outcome.stopped
    assert table.asked.sum() <= max(most, 96)
    assert table.asked[outcome.finalists[0]].all()
    assert (outcome.finalists[0] == 20) == (most >= 64 * 8 + 88)


def test_a_budget_of_nothing_leaves_the_best_known():
    table = Table(noisy(64, 96, best=20))
    outcome = table.run(Halving(), table.known(1, 2), most=10)
    assert outcome.stopped
    assert set(outcome.finalists) == {1, 2}
    assert table.asked.sum() == 0


def test_fitted_to_a_budget():
    assert Halving.fitted(512, 512, int(0.055 * 512**2)) == Halving(8)
    assert Halving.fitted(512, 512, int(0.2 * 512**2)) == Halving(32)
    assert Halving.fitted(512, 512, 512 * 512).b0 == 512
    assert Halving.fitted(512, 512, 5) == Halving(1)
