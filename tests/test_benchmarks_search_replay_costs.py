from dataclasses import replace

from benchmarks.search_replay.costs import CONFIRM, SIZES, measure_costs
from prompt_search.halving import Halving


def test_counted_cells_are_the_planned_ones_and_keep_to_the_bars():
    (cost,) = measure_costs(SIZES[:1])
    assert cost.select == Halving().cells(512, 512, 16)
    assert cost.panel == 16 * (512 + CONFIRM)
    assert cost.select_share <= 0.055
    assert cost.total_share <= 0.09
    assert cost.passed


def test_bars_are_noticed():
    (cost,) = measure_costs([(64, 96, 0.5, 0.9)])
    assert cost.exhaustive == 64 * 96
    assert cost.passed
    assert not replace(cost, select_bar=0.1).passed
    assert not replace(cost, total_bar=0.5).passed
