import numpy as np
import pytest
from scipy import stats

from prompt_search.bounds import student_upper


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
