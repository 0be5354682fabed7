"""The tables of a benchmark's report: a row per part, and one per status where it has several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.abilities.contrast import in_words, metric_label
from benchmarks.suites.figures import Figures
from benchmarks.suites.novelty import MIXED, STATUSES, part_status
from benchmarks.suites.run import PartResult, SuiteResult
from benchmarks.suites.split import Split

Row = dict[str, object]
OPTIMISED = ("searched", "learned", "released", "learned over searched")
# Metrics beside the primary one that tables have: few-shot papers', and recall by kind of category.
_SHOWN = ("fb_iou", "ar_things", "ar_stuff", "ar_novel")


class View(NamedTuple):
    """A part, or what of it has one status; ``about`` begins its rows."""

    row: PartResult
    about: Row
    figures: Figures
    on_held: Figures | None


def views_of(result: SuiteResult) -> Iterator[View]:
    """Every part and mean, each followed by what of it has each status."""
    rows = rows_of(result)
    several = any(one.splits for one in rows)
    for one in rows:
        about: Row = {"part": label(result, one)}
        status: Row = {"in training": "all"} if several else {}
        yield View(one, about | status, one.figures, one.on_held)
        for name, split in one.splits.items():
            yield View(one, {**about, "in training": name}, split.figures, split.on_held)


def rows_of(result: SuiteResult) -> list[PartResult]:
    """The parts, then the means over all of them."""
    return [*result.parts, *result.means.values()]


def label(result: SuiteResult, row: PartResult) -> str:
    """The part's name, with its shots where there are several numbers of them."""
    name = "mean" if row in result.means.values() else row.planned.opened.part.name
    several = len({r.planned.shots for r in result.parts}) > 1
    return f"{name}, {row.planned.shots}-shot" if several or row.planned.shots > 1 else name


def random_cells(result: SuiteResult) -> list[Row]:
    """A row per part: random prompts, their spread, and what the best of them is worth."""
    rows = []
    for one, about, found, _ in views_of(result):
        last = max(found.best_of, default=None)
        rows.append(
            {
                **about,
                "metric": _metric(one),
                "queries": found.queries,
                "prompts": found.prompts["random"],
                "mean of random": in_words(found.kinds["random"]),
                "sd between prompts": _spread(found),
                "best of all, chosen on other queries": "-"
                if last is None
                else in_words(found.best_of[last]),
                **{k: in_words(v) for k, v in found.more.items() if k in _SHOWN},
            }
        )
    return _filled(rows)


def _filled(rows: Sequence[Row]) -> list[Row]:
    """The rows with a dash for what others have: several shots have no controls, say."""
    heads = dict.fromkeys(head for row in rows for head in row)
    return [{head: row.get(head, "-") for head in heads} for row in rows]


def _metric(one: PartResult) -> str:
    text = metric_label(one.figures.spec, one.figures.spec.metric)
    return f"mean over categories of {text}" if one.planned.opened.part.by == "class" else text


def _spread(found: Figures) -> str:
    panel = found.panel
    return f"{panel.sd:.3f} [{panel.sd_ci_low:.3f}, {panel.sd_ci_high:.3f}]" if panel else "-"


def control_cells(result: SuiteResult) -> list[Row]:
    """A row per part and control: by how much the right prompts are better."""
    return [
        {
            **about,
            "control": name,
            "under it": in_words(figures.kinds[name]),
            "right prompts are better by": in_words(gap),
            "told apart": "yes" if gap.low > 0 else "no",
        }
        for _, about, figures, _ in views_of(result)
        for name, gap in figures.over.items()
        if name not in OPTIMISED
    ]


def optimised_cells(result: SuiteResult) -> list[Row]:
    """A row per part and kind: searched, learned and released against random prompts."""
    rows = []
    for _, about, figures, on_held in views_of(result):
        for found in filter(None, (figures, on_held)):
            for name, gain in found.over.items():
                if name not in OPTIMISED:
                    continue
                kind = name.partition(" ")[0]
                rows.append(
                    {
                        **about,
                        "prompt": kind,
                        "queries": found.queries,
                        "value": in_words(found.kinds[kind]),
                        "against": "searched" if " over " in name else "mean of random",
                        "better by": in_words(gain),
                        "evidence": "better"
                        if gain.low > 0
                        else "worse"
                        if gain.high < 0
                        else "none",
                    }
                )
    return rows


def curve_cells(result: SuiteResult) -> list[Row]:
    """A row per part: what the best of k random prompts is worth."""
    views = [view for view in views_of(result) if view.figures.best_of]
    sizes = sorted({k for view in views for k in view.figures.best_of})
    return [
        view.about
        | {
            f"best of {k}": in_words(best[k]) if k in best else "-"
            for best in [view.figures.best_of]
            for k in sizes
        }
        for view in views
    ]


def novelty_cells(result: SuiteResult) -> list[Row]:
    """A row per part and status of novelty, with all figures of what has it."""
    rows = []
    for one in rows_of(result):
        split = one.splits or {part_status(one.audit): Split(one.figures, one.on_held)}
        for status, (found, _) in split.items():
            controls = {
                f"better than {name}": in_words(found.over[name])
                for name in ("blank", "wrong task")
                if name in found.over
            }
            rows.append(
                {
                    "part": label(result, one),
                    "in training": status,
                    "of": _of(one, status),
                    "queries": found.queries,
                    "mean of random": in_words(found.kinds["random"]),
                    **controls,
                }
            )
    return _filled(rows)


def _of(one: PartResult, status: str) -> str:
    opened = one.planned.opened
    if one.splits and opened.part.by == "whole" and opened.task.name.endswith("semantic"):
        return f"classes of the label map that are {status}"
    if status == MIXED:
        return "pictures with categories of several statuses"
    names = [a.name for a in one.audit if a.kind == "category" and a.status == status]
    return f"{len(names)} categories" if status in STATUSES and names else "all"
