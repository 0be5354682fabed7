import numpy as np

from prompt_search.table import always, best_first


def test_equal_means_go_by_number_and_the_worst_can_be_infinite():
    assert best_first([4, 7, 2], np.array([0.5, 0.5, 0.5])) == [2, 4, 7]
    assert best_first([0, 1, 2], np.array([-np.inf, -1.0, -np.inf])) == [1, 0, 2]


def test_no_budget():
    assert always(10**12)
