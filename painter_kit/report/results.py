"""Rows of tables and tiles that several kinds of runs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from painter_kit.report.document import Cell, Limits, Number, Table, Tile, Tone
from painter_kit.report.figures import Line

Result = Mapping[str, Any]

HEADS = ("what", "value", "95 % interval", "remark")


def verdict(gain: Result) -> tuple[str, Tone]:
    """What the interval of a gain says, and how it is shown."""
    low, high = gain["ci_low"], gain["ci_high"]
    if low is not None and low > 0:
        return "better than random prompts", "good"
    if high is not None and high < 0:
        return "worse than random prompts", "bad"
    return "no evidence of improvement", "plain"


def metric_name(row: Result, unit: str = "") -> str:
    """Metric with unit and direction: ``rmse (m, lower is better)``."""
    metric = row.get("metric") or row.get("primary")
    better = "lower is better" if row["direction"] == "min" else "higher is better"
    return f"{metric} ({', '.join(filter(None, (unit, better)))})"


def gain_row(name: str, gain: Result) -> tuple[Cell, ...]:
    """A gain with its limits and p-value."""
    p_value = gain.get("p_value")
    remark = f"p = {p_value:.2g}" if p_value is not None else ""
    limits = Limits(gain["ci_low"], gain["ci_high"], signed=True)
    return name, Number(gain["value"], signed=True), limits, remark


def panel_row(panel: Result) -> tuple[Cell, ...]:
    """The mean of the random prompts and how they scatter."""
    spread = f"sd {panel['sd']:.3g} (95 %: {panel['sd_ci_low']:.3g} to {panel['sd_ci_high']:.3g})"
    return (
        f"mean of {panel['size']} random prompts",
        Number(panel["mean"]),
        Limits(None, None),
        spread,
    )


def value_row(name: str, value: Result, remark: str = "") -> tuple[Cell, ...]:
    """A metric with its limits, where it has some."""
    limits = Limits(value.get("ci_low"), value.get("ci_high"))
    return name, Number(value["value"]), limits, remark


def gain_tiles(row: Result, confirm: Result, unit: str, kind: str) -> list[Tile]:
    """Winner, random prompts, gain and cost of a search or a tuning."""
    gain, panel, forwards = row["gain"], row["panel"], row["forwards"]
    said, tone = verdict(gain)
    limits = Limits(confirm.get("ci_low"), confirm.get("ci_high"))
    over = Limits(gain["ci_low"], gain["ci_high"], signed=True)
    metric = row["metric"]
    return [
        Tile(f"{metric}, {kind} prompt", _amount(confirm["value"], unit), f"95 %: {limits}"),
        Tile(
            f"{metric}, {panel['size']} random prompts",
            _amount(panel["mean"], unit),
            f"sd {panel['sd']:.2g}",
        ),
        Tile("gain over random", _amount(gain["value"], unit, True), f"95 %: {over}; {said}", tone),
        Tile(
            "forwards",
            f"{forwards['new'] + forwards['reused']:,}",
            f"{forwards['new']:,} new, {forwards['reused']:,} from the store",
        ),
    ]


def _amount(value: float, unit: str, signed: bool = False) -> str:
    return f"{Number(value, signed=signed)} {unit}".rstrip()


def forwards_table(row: Result) -> Table:
    """What the run spent where."""
    spent = [(name, Number(count)) for name, count in row["forwards"].items()]
    if most := row.get("exhaustive_forwards"):
        spent.append(("to judge every candidate on every select image", Number(most)))
    return Table(("forwards", "count"), spent, "What it cost, in pictures painted.")


def gain_lines(row: Result, others: Sequence[tuple[str, Result]] = ()) -> list[Line]:
    """Gains as lines of a chart of intervals."""
    named = [("over random prompts", row["gain"]), *others]
    return [
        Line(name, gain["value"], gain["ci_low"], gain["ci_high"], strong=not place)
        for place, (name, gain) in enumerate(named)
    ]
