"""Interleaved rounds: equal outputs, paired ratios."""

from benchmarks.speed.contest import OURS, PLAIN, Result, available, make_case, ratios, run_rounds
from tests.speed_toys import SMALL


def test_contestants_paint_the_same():
    case = make_case(SMALL, 2)
    paints = available(case)
    assert list(paints)[:2] == [OURS, PLAIN]
    results = run_rounds(paints, 2)
    for result in results.values():
        assert len(result.seconds) == 2
        assert result.difference < 1e-5


def test_ratios_are_paired_by_round():
    results = {OURS: Result((1.0, 2.0, 1.0), 0.0), PLAIN: Result((3.0, 4.0, 1.0), 0.0)}
    assert ratios(results, PLAIN) == (2.0, 1.0, 3.0)
