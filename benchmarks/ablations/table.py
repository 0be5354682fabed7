"""What the cells say: a row per variant, mean and spread over seeds, whatever the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmarks.ablations.run import Result
from benchmarks.ablations.variants import FOUR, Variant

Row = Mapping[str, object]

TITLES = {
    "S2": "Table S2: patch merging, loss, encoder size and head (equal samples)",
    "2": "Table 2: four tasks in one model against a model per task",
}


def records(results: Sequence[Result]) -> list[dict[str, object]]:
    """Every number: one row per cell and task, mean over the validation's prompts."""
    return [
        {
            "table": result.cell.variant.table,
            "variant": result.cell.variant.name,
            "seed": result.cell.seed,
            "task": task["task"],
            "metric": task["primary"],
            "direction": task["direction"],
            "unit": task["unit"],
            "value": task["metrics"][task["primary"]]["mean"],
            "sd_over_prompts": task["metrics"][task["primary"]]["sd"],
            "samples": result.card["samples"],
            "seconds": result.card["seconds"],
            "parameters": result.card["parameters"],
        }
        for result in results
        for task in result.card["validation"]["tasks"]
    ]


def tables(results: Sequence[Result]) -> dict[str, list[dict[str, object]]]:
    """Title -> rows in words; a table without a finished cell is left out."""
    made = {"S2": _by_variant(results), "2": _joint(results)}
    return {TITLES[name]: rows for name, rows in made.items() if rows}


def _by_variant(results: Sequence[Result]) -> list[dict[str, object]]:
    rows = []
    for variant, cells in _grouped(results, "S2"):
        numbers = records(cells)
        about = {
            "variant": variant.name,
            "seeds": len(cells),
            "parameters": f"{numbers[0]['parameters']:,}",
            "samples": numbers[0]["samples"],
        }
        tasks = dict.fromkeys((str(n["task"]), _head(n)) for n in numbers)
        rows.append(about | {head: spread(_values(numbers, task)) for task, head in tasks})
    return rows


def _joint(results: Sequence[Result]) -> list[dict[str, object]]:
    """One row per joint model, and one for the separate models, a column per task."""
    numbers = records([r for r in results if r.cell.variant.table == "2"])
    joint = [v.name for v, _ in _grouped(results, "2") if not v.name.startswith("separate")]
    heads = {str(n["task"]): _head(n) for n in numbers}
    rows = []
    for name in (*joint, "separate"):
        own = [
            n for n in numbers if str(n["variant"]).startswith(name + " ") or n["variant"] == name
        ]
        if own:
            found = {heads[t]: spread(_values(own, t)) for t in FOUR if t in heads}
            rows.append({"model": name, "samples per model": own[0]["samples"], **found})
    return rows


def _grouped(results: Sequence[Result], table: str) -> Iterator[tuple[Variant, list[Result]]]:
    variants = dict.fromkeys(r.cell.variant for r in results if r.cell.variant.table == table)
    for variant in variants:
        yield variant, [r for r in results if r.cell.variant == variant]


def _head(number: Row) -> str:
    arrow = "higher" if number["direction"] == "max" else "lower"
    unit = f" {number['unit']}" if number["unit"] else ""
    return f"{number['task']} ({number['metric']}{unit}, {arrow})"


def _values(numbers: Sequence[Row], task: str) -> list[float]:
    found = [number["value"] for number in numbers if number["task"] == task]
    return [float(value) for value in found if isinstance(value, float)]


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over seeds; one seed is marked as such."""
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.3f} (1 seed)"
    return f"{np.mean(values):.3f} +- {np.std(values, ddof=1):.3f}"
