"""Limits of seed-wise differences, against the library's paired test."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.ablations.differences import difference, paired

BASE = {0: 0.5, 1: 0.6, 2: 0.4}


def test_limits_are_those_of_the_paired_t_test():
    ours = {0: 0.52, 1: 0.65, 2: 0.43}
    found = paired(ours, BASE)
    assert found is not None
    expected = stats.ttest_rel(list(ours.values()), list(BASE.values())).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx(0.1 / 3)


def test_seeds_are_paired_by_name_and_one_has_no_limits():
    found = paired({1: 0.7, 5: 9.0}, BASE)
    assert found is not None
    assert found.value == pytest.approx(0.1)
    assert np.isnan(found.low)
    assert paired({5: 9.0}, BASE) is None


@pytest.mark.parametrize(
    ("ours", "direction", "words"),
    [
        ({0: 0.60, 1: 0.71, 2: 0.50}, "max", "better"),
        ({0: 0.60, 1: 0.71, 2: 0.50}, "min", "worse"),
        ({0: 0.40, 1: 0.49, 2: 0.30}, "max", "worse"),
        ({0: 0.40, 1: 0.49, 2: 0.30}, "min", "better"),
        ({0: 0.60, 1: 0.59, 2: 0.42}, "max", "not told apart"),
    ],
)
def test_the_verdict_follows_from_limits_and_direction(ours: dict, direction: str, words: str):
    assert difference(ours, BASE, direction).endswith(f"] {words}")


def test_a_difference_in_words():
    ours = {0: 0.60, 1: 0.59, 2: 0.42}
    assert difference(ours, BASE, "max") == "+0.037 [-0.105, +0.178] not told apart"
    assert difference({0: 0.25}, BASE, "max") == "-0.250 (1 seed)"
    assert difference({7: 0.25}, BASE, "max") == "-"
