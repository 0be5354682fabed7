"""Sections about a demonstration: the table of prompts, then its search and its tuning per data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from painter_kit.report.document import Block, Cell, Chart, Limits, Number, Table
from painter_kit.report.figures import Line, forest
from painter_kit.report.runs import SEARCH, TUNE, RunFolder, read_run

HEADS = ("data", "prompt", "value on test", "gain over random", "95 % interval of the gain")


def demo_table(run: RunFolder) -> list[Block]:
    """Random, searched and learned prompts on test, of every dataset."""
    rows = [cells for row in run.rows for cells in _cells(row)]
    first = run.rows[0]
    metric, n = first["metric"], first["n"]
    lines = [
        Line(
            f"{row['data']}, {kind}",
            row[kind]["gain"],
            row[kind]["ci_low"],
            row[kind]["ci_high"],
            kind == "learned",
        )
        for row in run.rows
        for kind in ("searched", "learned")
    ]
    better = "lower" if first["direction"] == "min" else "higher"
    return [
        Table(
            HEADS, rows, f"{metric} ({better} is better) on {n} test images, which chose nothing."
        ),
        Chart(
            forest(lines, f"gain in {metric} on test", zero=True),
            "Gains of the searched and the learned prompts with their intervals",
            "Gains over the mean of the random prompts, with 95 % intervals.",
        ),
    ]


def _cells(row: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    random = row["random"]
    spread = f"random (sd {random['sd']:.3g})"
    made: list[tuple[Cell, ...]] = [(row["data"], spread, Number(random["mean"]), "", "")]
    for kind in ("searched", "learned"):
        own = row[kind]
        limits = Limits(own["ci_low"], own["ci_high"], signed=True)
        gain = Number(own["gain"], signed=True)
        made.append((row["data"], kind, Number(own["value"]), gain, limits))
    return made


def demo_runs(run: RunFolder) -> list[RunFolder]:
    """The search and the tuning of every dataset, as runs of their own."""
    marker = {"command": (), "painterkit": run.version}
    return [
        read_run(run.path / str(row["data"]) / folder, verb, marker)
        for row in run.rows
        for folder, verb in (("search", SEARCH), ("tune", TUNE))
    ]
