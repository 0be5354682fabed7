"""What the cells say: a row per variant, mean and spread over seeds, whatever the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.ablations.differences import difference
from benchmarks.ablations.floor import Floor
from benchmarks.ablations.results import Result
from benchmarks.ablations.variants import BASE, FOUR, S2, TABLE_2, Variant

Row = Mapping[str, object]
Values = dict[int, float]

TITLES = {
    S2: "Table S2: patch merging, loss, encoder size and head (equal samples)",
    TABLE_2: "Table 2: four tasks in one model against a model per task",
}
# What the paper reports beside the metric that a task is judged by.
_ALSO = {"semantic": ("macc",)}


def records(results: Sequence[Result]) -> list[dict[str, object]]:
    """Every number: one row per cell, task and metric, mean over the validation's prompts."""
    rows = []
    for result in results:
        for task in result.card["validation"]["tasks"]:
            also = [m for m in _ALSO.get(task["task"], ()) if m in task["metrics"]]
            rows += [_record(result, task, metric) for metric in (task["primary"], *also)]
    return rows


def _record(result: Result, task: Mapping[str, Any], metric: str) -> dict[str, object]:
    values = task["metrics"][metric]
    return {
        "tables": " ".join(result.cell.variant.tables),
        "variant": result.cell.variant.name,
        "seed": result.cell.seed,
        "task": task["task"],
        "metric": metric,
        "primary": metric == task["primary"],
        "direction": task["direction"],
        "unit": task["unit"],
        "value": values["mean"],
        "sd_over_prompts": values["sd"],
        "samples": result.card["samples"],
        "seconds": result.card["seconds"],
        "parameters": result.card["parameters"],
    }


def tables(
    results: Sequence[Result], floors: Mapping[str, Floor] | None = None
) -> dict[str, list[dict[str, object]]]:
    """Title -> rows in words, the last of what needs no model (``floors`` by task) where that is
    known; a table without a finished cell of its own is left out."""
    known = floors or {}
    made = {
        S2: _by_variant(_of(results, S2), known),
        TABLE_2: _joint(_of(results, TABLE_2), known),
    }
    return {TITLES[name]: rows for name, rows in made.items() if rows}


def _of(results: Sequence[Result], table: str) -> dict[Variant, list[Result]]:
    """The table's variants with their results."""
    found: dict[Variant, list[Result]] = {}
    for result in results:
        if table in result.cell.variant.tables:
            found.setdefault(result.cell.variant, []).append(result)
    return found


def _by_variant(
    groups: Mapping[Variant, Sequence[Result]], floors: Mapping[str, Floor]
) -> list[dict[str, object]]:
    base = records(groups.get(BASE, ()))
    heads = _heads([row for group in groups.values() for row in records(group)])
    rows = []
    for variant, group in groups.items():
        numbers = records(group)
        row: dict[str, object] = {
            "variant": variant.name,
            "seeds": len(group),
            "parameters": f"{numbers[0]['parameters']:,}",
            "samples": numbers[0]["samples"],
        }
        for (task, metric), number in heads.items():
            row[_head(number)] = spread(list(_values(numbers, task, metric).values()))
        for (task, metric), number in heads.items():
            if number["primary"]:
                pair = _values(numbers, task, metric), _values(base, task, metric)
                told = "-" if variant == BASE else difference(*pair, str(number["direction"]))
                row[f"{task} {metric} minus base's"] = told
        rows.append(row)
    if rows and floors:
        rows.append(_floor_row(rows[0], heads, floors))
    return rows


def _floor_row(
    like: Row, heads: Mapping[tuple[str, str], Row], floors: Mapping[str, Floor]
) -> dict[str, object]:
    """The row of what needs no model, with the columns of the other rows."""
    row: dict[str, object] = {**dict.fromkeys(like, "-"), next(iter(like)): "no model"}
    for (task, metric), number in heads.items():
        if task in floors and metric in floors[task].metrics:
            row[_head(number)] = f"{floors[task].metrics[metric]:.3f}"
    return row


def _joint(
    groups: Mapping[Variant, Sequence[Result]], floors: Mapping[str, Floor]
) -> list[dict[str, object]]:
    """One row per joint model, and one for the separate models, a column per task and metric.

    Of the base, which Table S2 trains several times, the first training counts, as of all others.
    """
    if not set(groups) - {BASE}:
        return []
    models: dict[str, list[Result]] = {}
    for variant, group in groups.items():
        name = variant.name if variant.name.startswith("joint") else "separate"
        models.setdefault(name, []).extend(r for r in group if r.cell.seed == 0)
    numbers = {name: records(models[name]) for name in sorted(models) if models[name]}
    heads = _heads([row for rows in numbers.values() for row in rows])
    ordered = sorted(heads, key=lambda key: FOUR.index(key[0]) if key[0] in FOUR else len(FOUR))
    table = []
    for name, rows in numbers.items():
        line: dict[str, object] = {"model": name, "samples per model": rows[0]["samples"]}
        for key in ordered:
            line[_head(heads[key])] = spread(list(_values(rows, *key).values()))
        table.append(line)
    if floors:
        table.append(_floor_row(table[0], heads, floors))
    return table


def _heads(numbers: Sequence[Row]) -> dict[tuple[str, str], Row]:
    """(task, metric) -> a number of it, in order of appearance."""
    found: dict[tuple[str, str], Row] = {}
    for number in numbers:
        found.setdefault((str(number["task"]), str(number["metric"])), number)
    return found


def _head(number: Row) -> str:
    arrow = "higher" if number["direction"] == "max" else "lower"
    unit = f" {number['unit']}" if number["unit"] else ""
    return f"{number['task']} ({number['metric']}{unit}, {arrow})"


def _values(numbers: Sequence[Row], task: str, metric: str) -> Values:
    """Seed -> value, where there is one."""
    found = [n for n in numbers if (n["task"], n["metric"]) == (task, metric)]
    return {int(str(n["seed"])): n["value"] for n in found if isinstance(n["value"], float)}


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over seeds; one seed is marked as such."""
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.3f} (1 seed)"
    return f"{np.mean(values):.3f} +- {np.std(values, ddof=1):.3f}"
