from typing import Any

import pytest

from painter_kit.report.document import Limits, Number
from painter_kit.report.results import (
    forwards_table,
    gain_lines,
    gain_row,
    gain_tiles,
    metric_name,
    panel_row,
    value_row,
    verdict,
)
from tests.report_toys import search_result


@pytest.mark.parametrize(
    ("low", "high", "said", "tone"),
    [
        (0.1, 0.2, "better than random prompts", "good"),
        (-0.1, 0.2, "no evidence of improvement", "plain"),
        (-0.2, -0.1, "worse than random prompts", "bad"),
        (None, None, "no evidence of improvement", "plain"),
    ],
)
def test_verdicts(low: float | None, high: float | None, said: str, tone: str):
    assert verdict({"ci_low": low, "ci_high": high}) == (said, tone)


def test_rows_hold_the_numbers_of_the_result():
    row = search_result()
    assert gain_row("gain", row["gain"]) == (
        "gain",
        Number(0.1, signed=True),
        Limits(0.02, 0.2, signed=True),
        "p = 0.01",
    )
    assert panel_row(row["panel"])[1] == Number(0.7)
    assert value_row("x", {"value": 0.6}) == ("x", Number(0.6), Limits(None, None), "")
    counts = {cells[0]: cells[1] for cells in forwards_table(row).rows}
    assert counts["select"] == Number(4)
    assert Number(16) in counts.values()


def test_tiles_and_lines():
    row = search_result()
    tiles = gain_tiles(row, {"value": 0.6, "ci_low": 0.5, "ci_high": 0.7}, "m", "searched")
    assert [tile.value for tile in tiles] == ["0.6 m", "0.7 m", "+0.1 m", "16"]
    assert tiles[2].tone == "good"
    lines = gain_lines(row, [("over another", {"value": 1.0, "ci_low": None, "ci_high": None})])
    assert [(line.value, line.strong) for line in lines] == [(0.1, True), (1.0, False)]


@pytest.mark.parametrize(
    ("row", "unit", "name"),
    [
        ({"metric": "rmse", "direction": "min"}, "m", "rmse (m, lower is better)"),
        ({"primary": "miou", "direction": "max"}, "", "miou (higher is better)"),
    ],
)
def test_metric_names(row: dict[str, Any], unit: str, name: str):
    assert metric_name(row, unit) == name
