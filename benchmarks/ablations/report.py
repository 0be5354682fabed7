"""The tables with what one has to know to read them, as one text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.ablations.floor import Floor
from benchmarks.ablations.results import Result
from benchmarks.ablations.run import Sittings
from benchmarks.ablations.table import tables
from benchmarks.output import markdown_table

_READING = (
    "Means over seeds +- their standard deviation. Differences are taken seed by seed: a seed "
    "trains on the same samples in the same order, whatever the variant. Their limits are 95 % of "
    "Student's t; where they hold zero, variant and base are **not told apart**. One seed has no "
    "limits and is compared with the base's same seed alone: such a row is a hint."
)
_CODINGS = (
    "Colours are fixed in all of these trainings (`random_coding: {}`), and samples are few: the "
    "tables speak of architecture and training, not of reading a coding off the prompt."
)


def report(
    results: Sequence[Result],
    sittings: Mapping[str, Sittings],
    floors: Mapping[str, Floor] | None = None,
) -> str:
    """Markdown: the tables, how to read them, and what the finished cells took."""
    made = tables(results, floors)
    parts = [f"## {title}\n\n{markdown_table(rows)}" for title, rows in made.items()]
    known = [sittings[r.cell.folder] for r in results if r.cell.folder in sittings]
    numbers = sorted({precision for one in known for precision in one.precisions})
    where = f"{_judged(results)} Products in {' and '.join(numbers) or 'unknown precision'}."
    hours = sum(one.cpu_seconds for one in known) / 3600
    cost = f"{len(results)} cells took {hours:.2f} hours of processor time, validation included."
    codings = [_CODINGS] if not any(r.cell.settings().random_coding for r in results) else []
    plain = [_no_model(floors)] if floors else []
    return "\n\n".join([*parts, _READING, *plain, where, *codings, cost]) + "\n"


def _no_model(floors: Mapping[str, Floor]) -> str:
    """Which answer the floor of each task is."""
    named = "; ".join(f"{floor.name} for {task}" for task, floor in floors.items())
    return (
        f"No model: the better of a copy of the input and the mean training target ({named}). What "
        "differs from it by little has hardly begun to learn."
    )


def _judged(results: Sequence[Result]) -> str:
    """On what the figures were made."""
    found = {}
    for result in results:
        validation = result.card["validation"]
        for task in validation["tasks"]:
            counts = f"{len(task['prompts'])} random prompts x {task['examples']} queries"
            found[f"{counts} of the {validation['split']} split of `{validation['data']}`"] = None
    return f"Figures are means over {'; '.join(found)}."
