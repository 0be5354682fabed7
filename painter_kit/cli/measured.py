"""Prompts with what was measured of them, and the run that each of them gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from painter_kit.cli.prompt_run import Query
    from painter_kit.cli.prompting import Bench
    from painter_kit.evaluation.gain import Comparison, Gain
    from painter_kit.evaluation.intervals import Interval
    from painter_kit.evaluation.panel import Panel
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.tracking import Tracking

Split = Literal["confirm", "test"]
QUERIES = 4


@dataclass(frozen=True)
class Measured:
    """A prompt with its metric on a split; ``sd`` is that of the panel it stands for."""

    prompt: AnyPrompt
    strategy: str
    value: Interval
    gain: Gain | None = None
    sd: float | None = None


def of_panel(panel: Panel, median: AnyPrompt) -> Measured:
    """The random panel: its mean and deviation, shown by its prompt of median value."""
    from painter_kit.evaluation.intervals import Interval

    mean = Interval(panel.mean, float("nan"), float("nan"))
    return Measured(median, "random", mean, sd=panel.sd)


def against_panel(bench: Bench, prompt: AnyPrompt, panel: Sequence[AnyPrompt]) -> Comparison:
    """``prompt`` against the panel on confirm, from Records that are all known already."""
    from painter_kit.evaluation.gain import compare
    from painter_kit.types import sum_records

    judge, splits, settings = bench.judge, bench.splits, bench.settings
    return compare(
        judge.task,
        judge.spec,
        judge.recall(prompt, splits.confirm),
        [judge.recall(p, splits.confirm) for p in panel],
        splits.confirm.groups,
        sum_records([r for p in panel for r in judge.recall(p, splits.select)]),
        seed=settings.seed,
        resamples=settings.resamples,
    )


def report_prompts(
    bench: Bench, tracking: Tracking, group: str, measured: Sequence[Measured]
) -> None:
    """One flat run for every prompt, on confirm, all with the same query pictures."""
    if tracking.client is None:  # painting pictures that nobody keeps would be a waste
        return
    for one in measured:
        report_measured(bench, tracking, group, one, "confirm")


def report_measured(
    bench: Bench, tracking: Tracking, group: str, one: Measured, split: Split
) -> tuple[list[Query], str | None]:
    """The run of one prompt, whose Records on the split are known; its pictures and its id."""
    from painter_kit.cli.prompt_run import About, paint_queries, per_image, report_prompt

    judge, settings, examples = bench.judge, bench.settings, getattr(bench.splits, split)
    about = About(
        settings.data,
        split,
        settings.checkpoint,
        judge.model_digest,
        one.strategy,
        settings.seed,
        len(examples),
    )
    shown = [examples[i] for i in range(min(QUERIES, len(examples)))]
    queries = paint_queries(bench.predictor, one.prompt, judge.task, judge.spec, shown)
    records = judge.recall(one.prompt, examples)
    rows = per_image(judge.task, judge.effective(one.prompt), examples.ids, records)
    values = {judge.spec.metric: one.value}
    with tracking.run(
        "prompt", f"{one.prompt.kind} {one.prompt.task} {settings.data}", group
    ) as run:
        report_prompt(run, one.prompt, about, values, one.gain, queries, rows)
        if one.sd is not None:
            run.metrics({f"{judge.task.name}/{judge.spec.metric}_sd": one.sd})
    return queries, run.run_id
