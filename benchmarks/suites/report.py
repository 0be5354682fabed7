"""A benchmark's results as Markdown, CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.output import markdown_table, write_csv
from benchmarks.suites.base import about_suite, choose_parts
from benchmarks.suites.beside import beside
from benchmarks.suites.episodes import write_episodes
from benchmarks.suites.figures import Figures
from benchmarks.suites.run import SuiteResult
from benchmarks.suites.tables import (
    Row,
    control_cells,
    curve_cells,
    label,
    novelty_cells,
    optimised_cells,
    random_cells,
    rows_of,
)
from painter_kit.evaluation.intervals import Interval
from painter_kit.files import write_text


def markdown(result: SuiteResult) -> str:
    """The whole report."""
    suite, settings = result.suite, result.settings
    parts = [f"# {suite.title}", _head(result), "## Random prompts", _table(random_cells(result))]
    if curves := curve_cells(result):
        parts += [
            "## Best of k random prompts",
            "Chosen on one half of the queries, measured on the other, both ways: the mean over "
            "all k of the random prompts. Limits are over queries; that other random prompts might "
            "have been drawn is not in them.",
            _table(curves),
        ]
    if optimised := optimised_cells(result):
        parts += ["## Searched, learned and released prompts", _table(optimised)]
    if controls := control_cells(result):
        parts += ["## Controls", _table(controls)]
    parts += [
        "## Novelty",
        f"Trained on ({result.training.name}): {result.training.about}.",
        _table(novelty_cells(result)),
    ]
    if figures := beside(result):
        parts += ["## Published figures", _table([one.cells() for one in figures])]
    else:
        parts += [
            "## Published figures",
            "None: no figure is known of what this suite asks.",
        ]
    notes = [*suite.notes, *_left_out(result)]
    parts += [f"- {note}" for note in notes]
    parts.append(f"Settings: seed {settings.seed}, {settings.resamples} resamples.")
    return "\n\n".join(parts) + "\n"


def _head(result: SuiteResult) -> str:
    suite, settings = result.suite, result.settings
    protocol = suite.protocol(settings.protocol)
    about = f" ({protocol.about})" if protocol.about else ""
    return (
        f"Suite {suite.name}, version {suite.version}, digest `{result.digest[:16]}`; protocol "
        f"{settings.protocol}{about}. Checkpoint {settings.checkpoint}, model digest "
        f"`{result.model_digest[:16]}`. All limits are 95 % intervals over queries and, "
        "where they are several, prompts; those of the best of k over queries alone."
    )


def _left_out(result: SuiteResult) -> Iterator[str]:
    wanted, asked = (
        result.settings.wanted.random,
        {r.planned.opened.part.name for r in result.parts},
    )
    for part in choose_parts(result.suite, result.settings.parts):
        if part.name not in asked:
            yield f"{part.name}: not asked, its data are not there or too few"
    if any(not one.planned.one_shot for one in result.parts):
        yield (
            "controls, searched, learned and released prompts are of one pair, and asked beside "
            "one-shot prompts alone"
        )
    for one in result.parts:
        yield from one.planned.notes
        names, name = one.planned.episodes.left_out, label(result, one)
        if names:
            yield f"{name}: left out, too few pictures: {', '.join(names)}"
        draws = one.planned.episodes.draws
        if draws < wanted:
            yield f"{name}: {draws} prompts instead of {wanted}, there are no more"


def _table(rows: Sequence[Row]) -> str:
    return markdown_table(rows)


def numbers(result: SuiteResult) -> list[Row]:
    """A row per number, for programs: every part, status and quantity."""
    rows: list[Row] = []
    for one in rows_of(result):
        about: Row = {
            **about_suite(result.suite, result.digest),
            "protocol": result.settings.protocol,
            "part": "mean" if one in result.means.values() else one.planned.opened.part.name,
            "shots": one.planned.shots,
        }
        whole = [("all", one.figures)]
        held = [("held out", one.on_held)] if one.on_held else []
        split = [(status, found) for status, (found, _) in one.splits.items()]
        split += [(f"{s}, held out", f) for s, (_, f) in one.splits.items() if f]
        for status, found in [*whole, *held, *split]:
            rows += [{**about, "status": status, **row} for row in _numbers(found)]
    return rows


def _numbers(found: Figures) -> Iterator[Row]:
    spec = found.spec
    common = {"task": spec.task, "data": spec.data, "n": found.queries, "groups": found.groups}
    named: list[tuple[str, str, str, Interval]] = [
        *(("mean", kind, spec.metric, value) for kind, value in found.kinds.items()),
        *(("gain", kind, spec.metric, value) for kind, value in found.over.items()),
        *(("best of k", str(k), spec.metric, value) for k, value in found.best_of.items()),
        *(("mean", "random", metric, value) for metric, value in found.more.items()),
    ]
    if found.panel:
        panel = found.panel
        spread = Interval(panel.sd, panel.sd_ci_low, panel.sd_ci_high)
        named.append(("sd", "random", spec.metric, spread))
    for quantity, kind, metric, value in named:
        prompts = found.prompts.get(kind, 0)
        yield {
            **common,
            "quantity": quantity,
            "kind": kind,
            "prompts": prompts,
            "metric": metric,
            **value.to_json(),
        }


def category_rows(result: SuiteResult) -> list[Row]:
    """A row per category: its figure under the median random prompt, and its novelty."""
    rows: list[Row] = []
    for one in result.parts:
        audit = {a.name: a for a in one.audit if a.kind == "category"}
        for name, value in one.categories.items():
            found = audit.get(name)
            rows.append(
                {
                    "part": one.planned.opened.part.name,
                    "shots": one.planned.shots,
                    "category": name,
                    "status": found.status if found else "",
                    "because_of": found.because if found else "",
                    one.figures.spec.metric: value if np.isfinite(value) else None,
                }
            )
    return rows


def to_json(result: SuiteResult) -> dict[str, Any]:
    """Plain data: what the benchmark prints for programs."""
    return {
        **about_suite(result.suite, result.digest),
        "protocol": result.settings.protocol,
        "checkpoint": result.settings.checkpoint,
        "model_digest": result.model_digest,
        "trained_on": result.training.name,
        "prompts": result.settings.prompts,
        "rows": numbers(result),
        "novelty": [a.cells() for one in result.parts for a in one.audit],
        "published": [one.record() for one in beside(result)],
        "episodes": {
            f"{r.planned.opened.part.name}/{r.planned.shots}": r.planned.episodes.digest
            for r in result.parts
        },
        "forwards": {"new": result.new, "reused": result.reused},
    }


def write(result: SuiteResult, folder: Path) -> None:
    """``report.md``, ``result.json``, ``numbers.csv``, ``categories.csv``, ``novelty.csv``,
    ``published.csv`` and ``episodes/PART-SHOTS.json``."""
    write_text(folder / "report.md", markdown(result))
    text = json.dumps(to_json(result), indent=1, allow_nan=False)
    write_text(folder / "result.json", text + "\n")
    tables = {
        "numbers": numbers(result),
        "categories": category_rows(result),
        "novelty": [a.cells() for one in result.parts for a in one.audit],
        "published": [one.record() for one in beside(result)],
    }
    for name, rows in tables.items():
        if rows:
            write_csv(folder / f"{name}.csv", rows)
    for one in result.parts:
        part = one.planned.opened.part
        about = {
            **about_suite(result.suite, result.digest),
            "part": part.name,
            "data": part.data,
            "task": part.task,
            "shots": one.planned.shots,
        }
        path = folder / "episodes" / f"{part.name}-{one.planned.shots}.json"
        write_episodes(path, one.planned.episodes, about)
