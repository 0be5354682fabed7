"""Sections about an evaluation: one per task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from painter_kit.report.document import (
    Block,
    Cell,
    Chart,
    Limits,
    Number,
    Section,
    Sheet,
    Table,
    Text,
    Tile,
    Tiles,
)
from painter_kit.report.figures import histogram
from painter_kit.report.gallery import Card, pair_pictures
from painter_kit.report.illustrated import Illustrated
from painter_kit.report.results import metric_name

PUBLISHED = ("by", "prompt", "metric", "value", "unit", "comparable")


def evaluate_sections(about: Illustrated) -> list[Section]:
    """Everything about one task of an evaluation."""
    row = about.row
    prompt, examples = about.prompt(f"prompts/{row['task']}"), about.measured()
    shown = []
    if prompt is not None and examples is not None:
        shown = [about.shown(prompt.kind, prompt, examples)]
    pairs: list[Block] = []
    if prompt is not None:
        pairs = [Sheet([Card(f"{prompt.kind} prompt", pair_pictures(prompt, "the prompt"))])]
    return [
        Section("Result", [*_result(about), *_published(about), *pairs]),
        Section("Pictures one by one", _spread(about)),
        *about.galleries(examples, str(row["split"]), shown),
    ]


def _result(about: Illustrated) -> list[Block]:
    row, primary = about.row, str(about.row["primary"])
    metrics: Mapping[str, Mapping[str, Any]] = row["metrics"]
    names = sorted(metrics, key=lambda name: name != primary)
    rows = [(name, Number(metrics[name]["value"]), _limits(metrics[name])) for name in names]
    first = metrics[primary]
    why = row["why"] if isinstance(row["why"], list) else [row["why"]]
    judged = "Comparable with published numbers." if row["comparable"] else ""
    amount = f"{Number(first['value'])} {about.unit}".rstrip()
    return [
        Tiles(
            [
                Tile(metric_name(row, about.unit), amount, f"95 %: {_limits(first)}"),
                Tile("pictures", f"{row['n']:,}", f"of {row['split']}"),
            ]
        ),
        Table(("metric", "value", "95 % interval"), rows, "Intervals are over groups of images."),
        Text(judged or f"Not comparable with published numbers: {'; '.join(map(str, why))}."),
    ]


def _limits(value: Mapping[str, Any]) -> Limits:
    return Limits(value.get("ci_low"), value.get("ci_high"))


def _published(about: Illustrated) -> list[Block]:
    """Published rows beside this run's, in the paper's units, if there are any."""
    import pandas as pd

    file = about.run.path / "table.csv"
    if not file.is_file():
        return []
    table = pd.read_csv(file, keep_default_na=False)
    table = table[(table["task"] == about.row["task"]) & (table["data"] == about.row["data"])]
    if (table["source"] == "this run").all():
        return []
    rows = [_published_row(row) for row in table.to_dict("records")]
    return [Table(PUBLISHED, rows, "Beside published numbers, in their units.")]


def _published_row(row: Mapping[Any, Any]) -> Sequence[Cell]:
    own, value = row["source"] == "this run", Number(float(row["value"]))
    compares = "" if own else "yes" if str(row["comparable"]) == "True" else f"no: {row['why']}"
    return (row["source"], row["prompt"], row["metric"], value, row["unit"], compares)


def _spread(about: Illustrated) -> list[Block]:
    """How the primary metric of single pictures is spread."""
    import pandas as pd

    row, primary = about.row, str(about.row["primary"])
    file = about.run.path / "per_image" / f"{row['task']}.csv"
    if not file.is_file():
        return [Text(f"{file.name} is missing: nothing to draw.", "note")]
    table = pd.read_csv(file)
    if primary not in table or table[primary].dropna().empty:
        return [Text(f"{primary} is not measured on single pictures.")]
    values, whole = table[primary].dropna(), row["metrics"][primary]["value"]
    alt = f"{len(values)} pictures, {primary} from {values.min():.4g} to {values.max():.4g}"
    caption = (
        f"{primary} of each picture alone; for metrics of whole sets (mIoU, PQ, AP) their mean is "
        "not the metric of all."
    )
    return [Chart(histogram(values.tolist(), primary, whole), alt, caption)]
