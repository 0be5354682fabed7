import numpy as np
import pytest

from painter_kit.errors import InputError
from prompt_search.halving import Halving
from prompt_search.strategies import (
    STRATEGIES,
    Exhaustive,
    HalvingCertify,
    PanelBest,
    RandomBest,
    make_strategy,
)
from prompt_search.table import BUDGET, PATIENCE, Stopped
from tests.score_tables import Table, noisy


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("known", [(), (1, 0, 12)])
@pytest.mark.parametrize("shape", [(64, 96), (3, 5), (50, 8), (1, 1), (17, 33), (512, 20)])
def test_cells_are_asked_once_and_as_planned(
    name: str, shape: tuple[int, int], known: tuple[int, ...]
):
    strategy = make_strategy(name, k=16, certify=HalvingCertify())
    table = Table(noisy(*shape, best=0))
    rows = table.known(*(c for c in known if c < shape[0]))
    finalists = table.run(strategy, rows).finalists
    assert table.asked.max(initial=0) <= 1
    planned, asked = strategy.cells(*shape, len(rows)), table.asked.sum()
    assert asked <= planned if name == "halving+certify" else asked == planned
    assert all(table.asked[f].all() or f in rows for f in finalists)
    assert len(set(finalists)) == len(finalists) > 0


def test_exhaustive_ranks_everybody():
    table = Table(noisy(30, 10, best=3))
    order = table.run(Exhaustive()).finalists
    assert order == np.argsort(-table.scores.mean(1)).tolist()
    assert table.rungs[0][2] == order[:1]


def test_random_judges_the_first_k():
    table = Table(noisy(30, 10, best=3))
    assert sorted(table.run(RandomBest(5)).finalists) == [0, 1, 2, 3, 4]
    assert table.asked[5:].sum() == 0
    assert RandomBest(50).cells(30, 10) == 300


def test_the_best_of_the_panel_asks_for_nothing():
    table = Table(noisy(30, 10, best=3))
    found = table.run(PanelBest(), table.known(7, 3, 12))
    assert found.finalists[0] == 3
    assert sorted(found.finalists) == [3, 7, 12]
    assert table.asked.sum() == 0


def test_random_stops_when_it_must():
    table = Table(noisy(30, 10, best=3))
    outcome = table.run(RandomBest(5), most=25)
    assert (sorted(outcome.finalists), outcome.stopped) == ([0, 1], BUDGET)
    assert len(Table(table.scores).run(RandomBest(5), most=0).finalists) == 1


def test_certify_finds_the_best_that_halving_missed():
    """The best prompt is bad on the first images: halving drops it, a challenge brings it back."""
    scores = noisy(64, 512, best=20)
    scores[20, :8] -= 0.6
    halved = Table(scores).run(Halving())
    assert halved.finalists[0] != 20
    table = Table(scores)
    outcome = table.run(HalvingCertify(share=1.0), table.known(1, 2, 3, 4))
    assert outcome.finalists[0] == 20
    certificate = outcome.certificate
    assert certificate is not None
    assert not outcome.stopped
    assert (certificate.epsilon, certificate.settled) == (0.0, 64)
    assert table.asked.sum() < 0.7 * table.scores.size


def test_certify_keeps_to_its_share_and_says_what_is_open():
    rng = np.random.default_rng(0)
    table = Table(rng.normal(0, 0.01, (64, 1)) + rng.normal(0, 1, (64, 256)))
    strategy = HalvingCertify(share=0.3)
    outcome = table.run(strategy, table.known(*range(8)))
    assert table.asked.sum() <= strategy.cells(64, 256) <= 0.4 * table.scores.size
    assert outcome.stopped
    assert outcome.certificate is not None
    assert outcome.certificate.epsilon > 0
    assert outcome.certificate.settled < 64
    gap = table.scores.mean(1).max() - table.scores[outcome.finalists[0]].mean()
    assert gap <= outcome.certificate.epsilon


def test_certify_accepts_a_gap():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 0.3, (64, 1)) + rng.normal(0, 1, (64, 512))
    costs = []
    for epsilon in (0.0, 0.3):
        table = Table(scores)
        outcome = table.run(HalvingCertify(share=1.0, epsilon=epsilon), table.known(*range(16)))
        assert outcome.certificate is not None
        assert outcome.certificate.epsilon <= epsilon + 1e-9
        costs.append(table.asked.sum())
    assert costs[1] < costs[0]


def test_certify_makes_its_own_reference_when_nothing_is_known():
    table = Table(noisy(64, 128, best=50))
    outcome = table.run(HalvingCertify())
    assert table.asked[:16].all()
    assert outcome.finalists[0] == 50


def test_certify_ends_when_halving_was_ended():
    rng = np.random.default_rng(0)
    table = Table(rng.normal(0, 0.1, (64, 1)) + rng.normal(0, 1, (64, 128)))
    outcome = table.run(HalvingCertify(), table.known(1, 2), most=700)
    assert outcome.stopped
    assert table.asked.sum() <= 700
    assert outcome.certificate is not None
    assert outcome.certificate.settled < 64


def test_looks_hold_the_rungs():
    assert HalvingCertify().looks(100) == [8, 16, 32, 64, 100, 128, 256, 512]
    assert set(Halving(5, 3).rungs(100)) <= set(HalvingCertify(Halving(5, 3)).looks(100))


def test_unknown_strategy():
    with pytest.raises(InputError, match=r"--strategy must be one of .* but got 'genetic'"):
        make_strategy("genetic", 1, HalvingCertify())


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("known", [0, 8])
@pytest.mark.parametrize("cells", [400, 1500, 6000])
def test_schedules_fit_and_the_shortest_is_the_least(name: str, known: int, cells: int):
    strategy = make_strategy(name, k=16, certify=HalvingCertify())
    fitted = strategy.within(64, 96, cells, known)
    least = strategy.least(64, 96, known)
    assert least <= strategy.cells(64, 96, known)
    if name == "halving" and cells >= least:
        assert least <= fitted.cells(64, 96, known) <= cells
    if isinstance(fitted, HalvingCertify) and cells >= least:
        reference = 0 if known else 16 * 96
        assert fitted.halving.cells(64, 96, known or 16) + reference <= max(cells, least)
    if name in ("random", "exhaustive"):
        assert fitted == strategy


def test_more_cells_lengthen_halving_but_not_that_of_a_certified_search():
    assert Halving(2).within(64, 96, 6144) == Halving(64)
    assert HalvingCertify(Halving(2)).within(64, 96, 6144, 16).halving == Halving(2)
    assert HalvingCertify(Halving(8)).within(64, 96, 400, 16).halving == Halving(1)


def test_patience_counts_candidates_since_the_best():
    scores = noisy(30, 10, best=3)
    table = Table(scores)
    outcome = table.run(Exhaustive(patience=4))
    assert outcome.stopped == PATIENCE
    assert outcome.finalists[0] == 3
    assert table.asked.any(1).sum() == 3 + 1 + 4
    assert Table(scores).run(RandomBest(8, patience=26)).stopped == ""


def test_patience_ends_challenges():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 0.01, (64, 1)) + rng.normal(0, 1, (64, 256))
    asked = []
    for patience in (None, 30):
        table = Table(scores)
        outcome = table.run(HalvingCertify(share=1.0, patience=patience), table.known(*range(8)))
        asked.append(table.asked.sum())
    assert outcome.stopped == PATIENCE
    assert asked[1] < asked[0]


class Interrupted(Table):
    """Raises in the n-th question, before it is answered, and only once."""

    left = 0

    def ask(self, candidates, start, stop):
        self.left -= 1
        if self.left == 0:
            raise Stopped
        return super().ask(candidates, start, stop)


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("left", [1, 2, 3, 5])
def test_an_ask_that_is_broken_off_ends_the_race_with_its_leader(name: str, left: int):
    table = Interrupted(noisy(64, 96, best=20))
    table.left = left
    known = table.known(1, 2, 3)
    outcome = table.run(make_strategy(name, k=16, certify=HalvingCertify(share=1.0)), known)
    if table.left > 0:  # it was over by then
        assert outcome.stopped == ""
        return
    assert outcome.stopped == BUDGET
    assert all(table.asked[f].all() or f in known for f in outcome.finalists)
    assert len(outcome.finalists) > 0
