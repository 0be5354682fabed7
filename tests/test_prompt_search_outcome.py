import numpy as np

from prompt_search.outcome import Outcome, close
from tests.score_tables import Table


def test_the_best_rows_close_a_search():
    table = Table(np.array([[1.0, 1], [3, 1], [0, 9], [2, 0]]))
    rows = table.known(0, 1, 2, 3)
    assert close(table.log, rows, 2, 3) == Outcome([2, 1, 0])
    assert table.rungs == [(2, [0, 1, 2, 3], [2])]


def test_there_is_always_one_finalist():
    table = Table(np.ones((2, 3)))
    assert close(table.log, table.known(1), 3, 0, "why") == Outcome([1], stopped="why")
