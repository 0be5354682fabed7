"""Time by part."""

import pytest

from benchmarks.speed.contest import make_case
from benchmarks.speed.flops import flop_rows
from benchmarks.speed.rates import PARTS, REST, part_seconds, rate_rows
from tests.speed_toys import SMALL


def test_parts_and_the_rest_are_the_whole_forward():
    case = make_case(SMALL, 2)
    rows = rate_rows(case, 1, peak=1e9)
    assert [row["component"] for row in rows] == [*PARTS, REST, "together"]
    assert rows[-1]["GFLOP"] == flop_rows(case)[-1]["query half"]
    assert all(float(str(row["CPU ms"])) > 0 for row in rows)


def test_hooks_are_taken_away_again():
    case = make_case(SMALL, 1)
    seconds = part_seconds(case, 1)
    assert seconds["MLP"] > 0
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in case.model.modules())
    assert sum(seconds.values()) == pytest.approx(sum(seconds[n] for n in (*PARTS, REST)))
