"""Growth of cost with canvas and pool."""

from pathlib import Path

from benchmarks.speed.growth import CanvasCost, canvas_cost, canvas_rows, pool_cost, pool_rows
from painter_kit.inference.predictor import Predictor
from painter_kit.model.builders import CONFIGS
from tests.speed_toys import SMALL


def test_four_times_the_tokens_are_more_than_four_times_the_operations():
    small, large = (canvas_cost(SMALL, side, 1) for side in (16, 32))
    assert (small.tokens, large.tokens) == (32, 128)
    assert 4 * small.flops < large.flops < 16 * small.flops


def test_the_power_of_growth_in_words():
    rows = canvas_rows("m", [CanvasCost(16, 8, 10**9, 1.0), CanvasCost(32, 32, 10**10, 8.0)])
    assert [row["grows as"] for row in rows] == ["-", "tokens^1.50"]


def test_a_search_is_measured_whole(tmp_path: Path):
    predictor = Predictor(CONFIGS["world-tiny"].build(), batch_size=2)
    cost = pool_cost(predictor, "depth", "exhaustive", 3, 2, tmp_path)
    assert cost.exhaustive == 6
    assert cost.forwards == 3 * 2 + 3 * 2  # candidates on select; the panel of 3 on confirm
    (row,) = pool_rows("depth", [cost])
    assert row["forwards"] == 12
    assert 0 < cost.network < cost.seconds
