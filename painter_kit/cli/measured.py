"""Prompts with what was measured of them, and the run that each of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from painter_kit.cli.prompt_run import About, Query
    from painter_kit.cli.prompting import Bench
    from painter_kit.evaluation.gain import Comparison, Gain
    from painter_kit.evaluation.intervals import Interval
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.panel import Panel
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.tracking import Tracking
    from painter_kit.types import Examples, Record

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
    from painter_kit.distributed import from_first

    # Painting pictures that nobody keeps would be a waste. The other processes of a group are
    # not tracked but take part, since Records are recalled together.
    if not from_first(lambda: tracking.client is not None):
        return
    for one in measured:
        report_measured(bench, tracking, group, one, "confirm")


def report_measured(
    bench: Bench, tracking: Tracking, group: str, one: Measured, split: Split
) -> tuple[list[Query], str | None]:
    """The run of one prompt, whose Records on the split are known; its pictures and its id."""
    from painter_kit.cli.prompt_run import About

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
    values = {judge.spec.metric: one.value}
    more = {} if one.sd is None else {f"{judge.task.name}/{judge.spec.metric}_sd": one.sd}
    records = judge.recall(one.prompt, examples)
    what = Reported(one.prompt, about, values, one.gain, more)
    return report_run(bench.predictor, judge, tracking, group, what, examples, records)


@dataclass(frozen=True)
class Reported:
    """What the run of a prompt says: ``metrics`` with limits by plain name, ``more`` by key."""

    prompt: AnyPrompt
    about: About
    metrics: Mapping[str, Interval]
    gain: Gain | None = None
    more: Mapping[str, float] = field(default_factory=dict)


def report_run(
    predictor: Predictor,
    judge: Judge,
    tracking: Tracking,
    group: str,
    what: Reported,
    examples: Examples,
    records: Sequence[Record],
) -> tuple[list[Query], str | None]:
    """Write the run of a prompt with the pictures of its first queries; these and its id."""
    from painter_kit.cli.prompt_run import paint_queries, per_image, report_prompt

    prompt = what.prompt
    shown = [examples[i] for i in range(min(QUERIES, len(examples)))]
    queries = paint_queries(predictor, prompt, judge.task, judge.spec, shown)
    rows = per_image(judge.task, judge.effective(prompt), examples.ids, records)
    with tracking.run("prompt", f"{prompt.kind} {prompt.task} {what.about.data}", group) as run:
        report_prompt(run, prompt, what.about, what.metrics, what.gain, queries, rows)
        if what.more:
            run.metrics(what.more)
    return queries, run.run_id
