"""What the table says of rows whose numbers are known."""

import math
from typing import Any

import pytest

from benchmarks.table3.report import bars, cells, evidence, in_sd, metrics, numbers


def gain(value: float, half: float) -> dict[str, float]:
    return {"gain": value, "ci_low": value - half, "ci_high": value + half}


def row(searched: float = 0.3, over: float = 0.05, **changes: Any) -> dict[str, Any]:
    """A row with a panel deviation of 0.2; half of every interval is 0.1."""
    made = {
        "task": "depth",
        "data": "world",
        "metric": "rmse",
        "direction": "min",
        "n": 512,
        "groups": 512,
        "random": {"mean": 1.5, "sd": 0.2},
        "searched": {"value": 1.5 - searched, **gain(searched, 0.1)},
        "learned": {"value": 1.5 - searched - over, **gain(searched + over, 0.1)},
        "panel_differs": True,
        "learned_over_searched": gain(over, 0.1),
        "chosen": "searched",
        "loss_is_not_metric": False,
        "loss_fell": True,
        "steps": 300,
        "tune_seconds": 61.4,
        "wall_seconds": 99.9,
    }
    return {**made, **changes}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (row(), "gain"),
        (row(searched=0.19), "below the bar"),  # less than one deviation
        (row(searched=0.3, random={"mean": 1.5, "sd": 0.4}), "below the bar"),
        (row(searched=0.09, random={"mean": 1.5, "sd": 0.01}), "below the bar"),  # may be chance
        (row(panel_differs=False), "no evidence"),
    ],
)
def test_a_gain_needs_one_deviation_and_an_interval_above_zero(made: dict, words: str):
    assert evidence(made) == words


def test_gains_in_deviations_of_the_panel():
    assert in_sd(row(), row()["searched"]) == pytest.approx(1.5)
    assert in_sd(row(), row()["learned_over_searched"], "ci_low") == pytest.approx(-0.25)
    assert math.isnan(in_sd(row(random={"mean": 1, "sd": 0.0}), gain(1, 1)))


def test_rows_in_words():
    told = cells(row(loss_is_not_metric=True))
    assert told["random"] == "1.5 (sd 0.2)"
    assert told["searched gain"] == "+0.3 [+0.2, +0.4] *"
    assert told["learned - searched"] == "+0.05 [-0.05, +0.15]"
    assert told["lower limit in sd"] == "-0.25"
    assert told["verdict"] == "gain; loss is not metric"
    assert (told["metric"], told["n"], told["wall s"]) == ("rmse (lower)", 512, 100)
    assert cells(row(panel_differs=False))["verdict"] == "no evidence"


def test_rows_as_numbers():
    flat = numbers(row())
    assert flat["searched_ci_low"] == pytest.approx(0.2)
    assert flat["random_sd"] == 0.2
    assert not any(isinstance(value, dict) for value in flat.values())
    named = metrics([row(), row(data="world-shifted")])
    assert named["world/depth/searched_gain"] == pytest.approx(0.3)
    per_row = [{n.partition("/")[2] for n in named if n.startswith(f"{data}/")}
               for data in ("world", "world-shifted")]  # fmt: skip
    assert per_row[0] == per_row[1]
    assert len(named) == 2 * len(per_row[0]) == 2 * 10


def kept(rows: list) -> dict[str, str]:
    return {str(bar["bar"]): str(bar["kept"]) for bar in bars(rows)}


GOOD = [row(over=0.2, data=data) for data in ("world", "world-shifted") for _ in range(3)]


def test_all_bars_kept():
    assert set(kept(GOOD).values()) == {"yes"}


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        ([*GOOD, row(over=0.2, groups=499)], "test groups of every row"),
        ([*GOOD, row(searched=0.1, over=0.2)], "searched gains 1 sd where prompts differ"),
        (GOOD[:5], "rows with a searched gain on world-shifted"),
        (GOOD[1:], "rows with a searched gain on world"),
        ([*GOOD, row(over=0.0)], "learned - searched above -0.25 sd"),
        # a confirmed gain below one deviation is due too, where the panel does not differ
        (
            [*GOOD, row(searched=0.15, over=0.0, panel_differs=False)],
            "learned - searched above -0.25 sd",
        ),
        ([row(over=0.09, data=r["data"]) for r in GOOD], "rows where learned beats searched"),
    ],
)
def test_each_bar_can_break_alone(rows: list, broken: str):
    assert [name for name, how in kept(rows).items() if how == "NO"] == [broken]


def test_rows_where_the_loss_misleads_and_rows_without_evidence_are_excused():
    excused = [row(over=-1.0, loss_is_not_metric=True), row(searched=0.0, panel_differs=False)]
    assert set(kept([*GOOD, *excused]).values()) == {"yes"}
