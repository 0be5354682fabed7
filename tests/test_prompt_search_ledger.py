import json

import numpy as np
import pytest

from prompt_search.ledger import Ledger, settle
from prompt_search.table import BUDGET
from tests.score_tables import Table

LOOKS = [8, 16, 32, 64, 128]


def ledger_of(table: Table, known: int = 16, **options) -> Ledger:
    rows = table.known(*range(known))
    return Ledger(table.ask, table.scores.shape, rows, LOOKS, 0.05, **options)


def additive(prompts: float, rest: float, seed: int, shape=(60, 128)) -> Table:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, prompts, (shape[0], 1)) + rng.normal(0, 3, shape[1])
    return Table(scores + rng.normal(0, rest, shape))


def test_bounds_hold_the_means_and_shrink():
    table = additive(0.2, 1, 0)
    ledger, rest = ledger_of(table), range(16, 60)
    means, previous, start = table.scores.mean(1), np.full(60, np.inf), 0
    for look in LOOKS[:-1]:
        ledger.ask(rest, start, look)
        start = look
        assert (ledger.uppers <= previous).all()
        assert (ledger.uppers >= means - 1e-12).mean() >= 0.95  # each one
        previous = ledger.uppers.copy()
    ledger.ask(rest, start, 128)
    assert np.allclose(ledger.uppers, means)
    assert np.allclose(ledger.means, means)


def test_the_difficulty_of_images_does_not_widen_bounds():
    """The reference takes it out: images vary with sd 3, what remains with sd 0.1."""
    table = additive(0, 0.1, 0)
    ledger = ledger_of(table)
    ledger.ask(range(16, 60), 0, 8)
    assert (ledger.uppers - table.scores.mean())[16:].max() < 0.5


def test_settling_ends_with_nobody_open():
    table = additive(0.3, 1, 1)
    ledger = ledger_of(table)
    ledger.ask(range(16, 60), 0, 8)
    assert settle(ledger, table.log, batch=4) == ""
    assert ledger.open() == []
    assert ledger.leader == table.scores.mean(1).argmax()
    certificate = ledger.certificate()
    assert (certificate.epsilon, certificate.settled, certificate.confidence) == (0, 60, 0.95)
    assert ledger.asked == table.asked.sum() < 0.7 * table.scores.size
    assert all(set(kept) <= set(judged) for _, judged, kept in table.rungs)


def test_settling_stops_within_its_budget():
    table = additive(0, 1, 2)
    ledger = ledger_of(table)
    ledger.ask(range(16, 60), 0, 8)
    gaps = []
    for most in (500, 1500, 4000):
        why = settle(ledger, table.log, may=lambda n, m=most: ledger.asked + n <= m)
        assert why == BUDGET
        assert ledger.asked <= most
        gaps.append(ledger.certificate().epsilon)
    assert gaps == sorted(gaps, reverse=True)


@pytest.mark.parametrize("kind", ["normal", "heavy", "identical", "copies"])
def test_certificates_are_right(kind: str):
    """Of 60 small searches at 5 % at most 7 may be wrong (99 % quantile of the binomial)."""
    wrong = 0
    for seed in range(60):
        table = additive(0 if kind in ("identical", "copies") else 0.2, 1, seed)
        if kind == "heavy":
            table.scores += np.random.default_rng(seed).standard_t(3, table.scores.shape)
        if kind == "copies":
            table.scores[:] = table.scores[0]
        ledger = ledger_of(table)
        ledger.ask(range(16, 60), 0, 8)
        settle(ledger, table.log, may=lambda n, ledger=ledger: ledger.asked + n <= 3000)
        best = table.scores.mean(1).max()
        certificate = ledger.certificate()
        wrong += best > certificate.mean + certificate.epsilon + 1e-9
        if kind == "copies":
            assert ledger.asked == 44 * 8
    assert wrong <= 7


def test_calm_first_images_settle_nothing():
    """All equal on the first eight images, as where no picture shows the class."""
    table = additive(0.2, 1, 3)
    table.scores[:, :8] = 0
    ledger = ledger_of(table)
    ledger.ask(range(16, 60), 0, 8)
    assert len(ledger.open()) > 40


def test_scores_that_are_no_numbers():
    table = additive(0.2, 1, 4)
    table.scores[0, 5] = table.scores[20, 3] = -np.inf
    ledger = ledger_of(table)
    ledger.ask(range(16, 60), 0, 8)
    assert ledger.uppers[20] == ledger.uppers[0] == -np.inf
    assert settle(ledger, table.log) == ""
    assert ledger.leader == table.scores.mean(1).argmax()
    json.dumps(ledger.certificate().to_json(), allow_nan=False)


def test_gaps_are_refused():
    ledger = ledger_of(additive(0, 1, 0))
    with pytest.raises(ValueError, match="without gaps"):
        ledger.ask([20], 8, 16)
