import numpy as np
import pytest
from scipy import stats

from prompt_search.bounds import betting_upper, student_upper


def test_student_is_the_textbook_limit():
    values = np.random.default_rng(0).normal(size=12)
    mean, sd = np.array([values.mean()]), np.array([values.std(ddof=1)])
    (upper,) = student_upper(mean, sd, 12, 10**9, 0.025)
    _, expected = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert upper == pytest.approx(expected, rel=1e-6)


def test_student_knows_the_mean_when_all_is_seen_and_nothing_from_one():
    mean, sd = np.array([0.3]), np.array([1.0])
    assert student_upper(mean, sd, 50, 50, 0.01)[0] == 0.3
    assert student_upper(mean, sd, 1, 50, 0.01)[0] == np.inf
    near, far = student_upper(mean, sd, 49, 50, 0.01)[0], student_upper(mean, sd, 49, 500, 0.01)[0]
    assert 0.3 < near < far


def test_betting_holds_at_all_times_for_a_skewed_population():
    """Values of 0 and 1: a sample that misses the few ones says that the mean is 0."""
    rng = np.random.default_rng(0)
    population = np.r_[np.ones(12), np.zeros(108)]
    missed_by_betting = missed_by_student = 0
    for _ in range(100):
        values = rng.permutation(population)
        uppers = [betting_upper(values[:n], 120, 0, 1, 0.05) for n in (4, 8, 16, 32, 64, 96)]
        missed_by_betting += min(uppers) < population.mean()
        first = values[:8]
        limit = student_upper(first[None].mean(1), first[None].std(1, ddof=1), 8, 120, 0.05)
        missed_by_student += bool(limit[0] < population.mean())
    assert missed_by_betting <= 9  # 97.5 % quantile of the binomial at 5 %
    assert missed_by_student > 20


def test_betting_gets_sharp():
    rng = np.random.default_rng(1)
    values = np.clip(rng.normal(0.4, 0.05, 400), 0, 1)
    uppers = [betting_upper(values[:n], 400, 0, 1, 0.05) for n in (0, 10, 50, 200, 400)]
    assert uppers[0] == 1
    assert sorted(uppers, reverse=True) == uppers
    assert values.mean() <= uppers[-1] < values.mean() + 0.02


def test_betting_in_other_units():
    values = np.random.default_rng(2).uniform(0, 1, 60)
    unit = betting_upper(values, 100, 0, 1, 0.05)
    assert betting_upper(10 * values - 5, 100, -5, 5, 0.05) == pytest.approx(10 * unit - 5)


def test_betting_knows_what_is_impossible():
    """With three quarters seen, all of them 0, the mean is a quarter at most, without any bet."""
    assert betting_upper(np.zeros(75), 100, 0, 1, 1e-300) == pytest.approx(0.2625)


def test_betting_refuses_values_outside():
    with pytest.raises(ValueError, match="between 0 and 1"):
        betting_upper(np.array([0.5, 1.5]), 10, 0, 1, 0.05)
