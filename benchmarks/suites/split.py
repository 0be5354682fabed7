"""Figures of a part, of all its queries and of those with each status of novelty."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from benchmarks.suites.figures import Figures, Questions, figures
from benchmarks.suites.measure import RANDOM, Asked
from benchmarks.suites.novelty import Training, by_queries, by_status, restricted
from benchmarks.suites.settings import BenchmarkSettings
from painter_kit.errors import InputError


class Split(NamedTuple):
    """Figures of the queries (or classes) of one status of novelty; ``on_held`` as in
    ``PartResult``."""

    figures: Figures
    on_held: Figures | None


def shown_by(asked: Asked) -> list[tuple[str, ...]]:
    """The categories of every query: its own of parts by class, else what the data tell."""
    opened = asked.opened
    if opened.part.by == "class":
        return [(name,) for name in asked.categories]
    return [opened.named.get(name, ()) for name in asked.queries]


def figures_of(asked: Asked, settings: BenchmarkSettings) -> tuple[Figures, Figures | None]:
    """Of all queries, and of those that searched and learned prompts may be asked if these are
    fewer."""
    optimised = settings.wanted.optimised
    if all(asked.held) or not {*optimised} & {*asked.records}:
        return _of(asked, settings), None
    plain = {k: rows for k, rows in asked.records.items() if k not in optimised}
    pairs = {k: rows for k, rows in asked.records.items() if k in (RANDOM, *optimised)}
    on_held = None
    if any(asked.held):
        on_held = _of(replace(asked, records=pairs).only(asked.held), settings)
    return _of(replace(asked, records=plain), settings), on_held


def _of(asked: Asked, settings: BenchmarkSettings) -> Figures:
    opened = asked.opened
    controls = [k for k in asked.records if k not in (RANDOM, *settings.wanted.folders)]
    questions = Questions(
        opened.task,
        opened.spec,
        asked.records,
        asked.groups,
        asked.categories,
        settings.seed,
        settings.resamples,
    )
    extra = {}
    if opened.part.by == "class" and opened.task.name == "foreground":
        # Foreground and background of all categories together: what few-shot papers call FB-IoU.
        extra["fb_iou"] = replace(
            questions,
            spec=replace(opened.spec, metric="miou"),
            records={RANDOM: asked.records[RANDOM]},
            categories=[""] * len(asked.groups),
        )
    found = figures(questions, controls, extra)
    # The mean of foreground and background of each category, which nobody calls mIoU of classes.
    more = {k: v for k, v in found.more.items() if k != "miou" or not extra}
    return replace(found, more=more)


def split_by_novelty(
    asked: Asked, shown: Sequence[Sequence[str]], settings: BenchmarkSettings, training: Training
) -> dict[str, Split]:
    """Figures by status: of the classes of label maps, else of the queries by what they show."""
    opened = asked.opened
    if opened.part.by == "whole" and opened.task.name.endswith("semantic"):
        return _by_class_of_labels(asked, settings, training)
    kept = by_queries(shown, training)
    made = {}
    for status, keep in kept.items() if len(kept) > 1 else ():
        with suppress(InputError):  # nothing in these queries counts
            made[status] = Split(*figures_of(asked.only(keep), settings))
    return made


def _by_class_of_labels(
    asked: Asked, settings: BenchmarkSettings, training: Training
) -> dict[str, Split]:
    kept = by_status(asked.opened.spec.classes, training)
    made = {}
    for status, keep in kept.items():
        cut = {
            kind: [[restricted(record, keep) for record in row] for row in rows]
            for kind, rows in asked.records.items()
        }
        if any(record.values[1:].any() for record in cut[RANDOM][0]):
            made[status] = Split(*figures_of(replace(asked, records=cut), settings))
    return made if len(made) > 1 else {}
