import os

import pytest

from benchmarks.search_replay.apart import in_processes


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order_and_are_told_one_by_one(processes: int):
    said = []
    each = in_processes(processes, lambda: said.append(1))
    found = each(lambda n: (n * n, os.getpid()), range(6))
    squares = []
    for square, process in found:
        squares.append(square)
        assert len(said) == len(squares)
        assert (process == os.getpid()) == (processes == 1)
    assert squares == [0, 1, 4, 9, 16, 25]


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_ends_it(processes: int):
    with pytest.raises(ZeroDivisionError):
        list(in_processes(processes, int)(lambda n: 1 // n, range(2)))
