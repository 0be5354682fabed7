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
from painter_kit.report.runs import read_table

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
    row = about.row
    table = [
        own
        for own in read_table(about.run.path / "table.csv")
        if (own["task"], own["data"]) == (row["task"], row["data"])
    ]
    if all(own["source"] == "this run" for own in table):
        return []
    return [Table(PUBLISHED, [_published_row(own) for own in table], "In the papers' units.")]


def _published_row(row: Mapping[str, str]) -> Sequence[Cell]:
    own, value = row["source"] == "this run", Number(float(row["value"] or "nan"))
    compares = "" if own else "yes" if str(row["comparable"]) == "True" else f"no: {row['why']}"
    return (row["source"], row["prompt"], row["metric"], value, row["unit"], compares)


def _spread(about: Illustrated) -> list[Block]:
    """How the primary metric of single pictures is spread."""
    row, primary = about.row, str(about.row["primary"])
    table = read_table(about.run.path / "per_image" / f"{row['task']}.csv")
    values = [float(own[primary]) for own in table if own.get(primary)]
    if not values:
        return [Text(f"There are no values of {primary} for single pictures.", "note")]
    least, most = min(values), max(values)
    if least == most:
        return [Text(f"{primary} is {least:.4g} on every picture.")]
    alt = f"{len(values)} pictures, {primary} from {least:.4g} to {most:.4g}"
    caption = (
        f"{primary} of each picture alone; for metrics of whole sets (mIoU, PQ, AP) their mean is "
        "not the metric of all."
    )
    return [Chart(histogram(values, primary, row["metrics"][primary]["value"]), alt, caption)]
