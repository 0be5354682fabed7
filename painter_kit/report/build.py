"""A report from the folders of runs: one document, and what could not be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painter_kit.errors import InputError
from painter_kit.evaluation.store import Store
from painter_kit.report.about_demo import demo_runs, demo_table
from painter_kit.report.about_evaluate import evaluate_sections
from painter_kit.report.about_search import search_sections
from painter_kit.report.about_tune import tune_sections
from painter_kit.report.document import Block, Cell, Document, Limits, Number, Section, Table, Text
from painter_kit.report.illustrated import Amounts, Illustrated, illustrated
from painter_kit.report.paintings import Counts
from painter_kit.report.provenance import provenance
from painter_kit.report.results import Result, metric_name
from painter_kit.report.runs import DEMO, EVALUATE, SEARCH, TUNE, RunFolder, as_written
from painter_kit.report.source import Access, store_folder
from painter_kit.tasks.base import get_task

_SECTIONS = {SEARCH: search_sections, TUNE: tune_sections, EVALUATE: evaluate_sections}
HEADS = (
    "run",
    "what",
    "task",
    "data",
    "metric",
    "value",
    "95 % interval",
    "gain",
    "interval of the gain",
)


@dataclass
class Report:
    """The document; ``counts`` of painted outputs, and what is ``missing`` by folder of a run."""

    document: Document
    counts: Counts = field(default_factory=Counts)
    missing: dict[str, list[str]] = field(default_factory=dict)


def build_report(
    runs: Sequence[RunFolder], access: Access | None = None, amounts: Amounts | None = None
) -> Report:
    """One document about all runs, in their order.

    Numbers are those of the runs' files. What a run no longer has beside it (data, weights, store)
    is left out and noted, so that a report can always be made.
    """
    access, amounts = access or Access(), amounts or Amounts()
    report, sections, names = Report(Document("", "", ())), list[Section](), list[str]()
    with ExitStack() as stack:
        builder = _Builder(access, amounts, report, stack)
        for run in runs:
            with as_written(run):
                sections.append(builder.section(run))
                names.append(name_of(run))
    title = f"painterkit: {names[0]}" if len(runs) == 1 else f"painterkit: {len(runs)} runs"
    head: list[Block] = [overview(runs)] if len(runs) > 1 else []
    if lost := [text for texts in report.missing.values() for text in texts]:
        head.append(Text(f"Not shown: {'; '.join(dict.fromkeys(lost))}.", "note"))
    subtitle = "; ".join(names) if len(runs) > 1 else str(runs[0].path)
    if len(sections) == 1:  # its sections are those of the page
        report.document = Document(
            title, subtitle, sections[0].sections, [*head, *sections[0].blocks]
        )
    else:
        report.document = Document(title, subtitle, sections, head)
    return report


def name_of(run: RunFolder) -> str:
    """What a run did, in a few words."""
    tasks = list(dict.fromkeys(str(row["task"]) for row in run.rows))
    data = ", ".join(dict.fromkeys(str(row["data"]) for row in run.rows))
    did = {SEARCH: "searched prompt", TUNE: "learned prompt", EVALUATE: "evaluation", DEMO: "demo"}
    what = ", ".join(tasks) if len(tasks) <= 3 else f"{len(tasks)} tasks"
    return f"{did[run.verb]} for {what} on {data}"


class _Builder:
    """Makes the sections of runs and notes what they lack; every store is opened once."""

    def __init__(self, access: Access, amounts: Amounts, report: Report, stack: ExitStack) -> None:
        self._access, self._amounts, self._report, self._stack = access, amounts, report, stack
        self._stores: dict[Path, Store] = {}

    def section(self, run: RunFolder) -> Section:
        """The section of one run; of a demo with those of its searches and tunings."""
        name = f"{run.path.name}: {name_of(run)}"
        if run.verb == DEMO:
            parts = [
                Section(f"{own.path.parent.name}: {own.verb}", (), self._about(own, row))
                for own in demo_runs(run)
                for row in own.rows
            ]
            return Section(name, demo_table(run), [*parts, provenance(run)])
        made = [self._about(run, row) for row in run.rows]
        if len(made) == 1:
            return Section(name, (), [*made[0], provenance(run)])
        titled = [
            Section(str(row["task"]), (), sections)
            for row, sections in zip(run.rows, made, strict=True)
        ]
        return Section(name, [overview([run])], [*titled, provenance(run)])

    def _about(self, run: RunFolder, row: Result) -> list[Section]:
        """The sections of one result."""
        about = illustrated(run, row, self._access, self._store(run), self._amounts)
        try:
            return _SECTIONS[run.verb](about)
        finally:
            _note(about, self._report)

    def _store(self, run: RunFolder) -> Store | str:
        """The run's store; where there is none, why."""
        try:
            folder = store_folder(run, self._access).resolve()
            if folder not in self._stores:
                self._stores[folder] = self._stack.enter_context(Store(folder))
            return self._stores[folder]
        except InputError as error:
            return str(error)


def _note(about: Illustrated, report: Report) -> None:
    if about.missing:
        noted = report.missing.setdefault(str(about.run.path), [])
        noted += [text for text in dict.fromkeys(about.missing) if text not in noted]
    report.counts.kept += about.counts.kept
    report.counts.repainted += about.counts.repainted
    report.counts.missing += about.counts.missing


def overview(runs: Sequence[RunFolder]) -> Table:
    """One row per result of every run."""
    rows = [cells for run in runs for row in run.rows for cells in _overview(run, row)]
    gains = any(run.verb != EVALUATE for run in runs)
    if not gains:
        return Table(HEADS[:-2], [row[:-2] for row in rows], "All results.")
    return Table(HEADS, rows, "All results; gains are over random prompts, positive when better.")


def _overview(run: RunFolder, row: Result) -> Iterator[tuple[Cell, ...]]:
    start = run.path.name, run.verb, row["task"], row["data"], metric_name(row)
    if run.verb == EVALUATE:
        value = row["metrics"][row["primary"]]
        yield (*start, Number(value["value"]), Limits(value["ci_low"], value["ci_high"]), "", "")
    elif run.verb == DEMO:
        for kind in ("searched", "learned"):
            own: Any = row[kind]
            limits = Limits(own["ci_low"], own["ci_high"], signed=True)
            label = (start[0], f"demo, {kind}", *start[2:])
            yield (*label, Number(own["value"]), "", Number(own["gain"], signed=True), limits)
    else:
        gain = row["gain"]
        limits = Limits(gain["ci_low"], gain["ci_high"], signed=True)
        value = Number(row["winner"]["confirm"])
        yield (*start, value, "", Number(gain["value"], signed=True), limits)


def most_forwards(run: RunFolder, amounts: Amounts) -> int:
    """The most pictures that are painted for a report if nothing is kept: of every result, all
    queries under two prompts, parts one by one."""
    results = [row for own in demo_runs(run) for row in own.rows] if run.verb == DEMO else run.rows
    parts = sum(max(1, len(get_task(str(row["task"])).parts)) for row in results)
    return 2 * (amounts.first + amounts.worst) * parts
