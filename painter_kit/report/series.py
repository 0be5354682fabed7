"""The numbers of a finished run as metrics and series, named as the run itself reports them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from painter_kit.report.results import Result
from painter_kit.report.runs import SEARCH, RunFolder, read_lines

Point = tuple[dict[str, float], int | None]


def final_metrics(run: RunFolder, row: Result, confirm: Result) -> dict[str, float]:
    """The last numbers of a search or a tuning; ``confirm`` has the limits of its metric."""
    name = f"{row['task']}/{row['metric']}"
    values: dict[str, Any] = {
        name: confirm["value"],
        f"{name}_ci_low": confirm.get("ci_low"),
        f"{name}_ci_high": confirm.get("ci_high"),
        **{f"gain/{key}": row["gain"].get(key) for key in _GAIN},
        "panel/mean": row["panel"]["mean"],
        "panel/sd": row["panel"]["sd"],
    }
    if run.verb == SEARCH:
        values |= {f"forwards/{key}": value for key, value in row["forwards"].items()}
    else:
        values["tune/seconds"] = row.get("seconds")
    return finite(values)


_GAIN = ("value", "ci_low", "ci_high", "p_value", "optimism")


def finite(values: Mapping[str, Any]) -> dict[str, float]:
    """Those that are finite numbers."""
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def series(run: RunFolder) -> Iterator[Point]:
    """Numbers with the step that they belong to, in order."""
    yield from _of_race(run) if run.verb == SEARCH else _of_lessons(run)


def _of_race(run: RunFolder) -> Iterator[Point]:
    for decision in read_lines(run.path / "decisions.jsonl"):
        if decision["event"] == "rung":
            labels = [str(decision[key]) for key in ("part", "round") if key in decision]
            prefix = "/".join(("search", *labels))
            best = max((s for s in decision["scores"].values() if s is not None), default=None)
            values = {"candidates": len(decision["scores"]), "images": decision["images"]}
            named = {f"{prefix}/{key}": value for key, value in values.items()}
            yield finite({**named, f"{prefix}/best_score": best}), int(decision["cells"])


def _of_lessons(run: RunFolder) -> Iterator[Point]:
    import pandas as pd

    for file in sorted([*run.path.glob("losses.csv"), *run.path.glob("*/losses.csv")]):
        prefix = "tune/" if file.parent == run.path else f"tune/{file.parent.name}/"
        for step, loss in pd.read_csv(file).itertuples(index=False):
            yield finite({f"{prefix}loss": float(loss)}), int(step)
        table = pd.read_csv(file.with_name("snapshots.csv"))
        measured = [name for name in table.columns if name not in ("step", "prompt")]
        for row in table.to_dict("records"):
            values = {f"{prefix}select_{name}": float(row[name]) for name in measured}
            yield finite(values), int(row["step"])
