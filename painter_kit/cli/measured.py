"""Prompts with what was measured of them, and the run that each of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from painter_kit.keys import COLOUR, COLOURS, QUERIES, metric_key, sd_key

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
    from painter_kit.types import Examples, Record, Reporter

Split = Literal["confirm", "test"]
PICTURED = 8  # rows of the table of images that have pictures


@dataclass(frozen=True)
class Measured:
    """A prompt with its metric on a split; ``sd`` is that of the ``panel`` it stands for."""

    prompt: AnyPrompt
    strategy: str
    value: Interval
    gain: Gain | None = None
    sd: float | None = None
    panel: Sequence[AnyPrompt] = ()


def of_panel(panel: Panel, median: AnyPrompt, prompts: Sequence[AnyPrompt] = ()) -> Measured:
    """The random panel: its mean and deviation, shown by its prompt of median value."""
    from painter_kit.evaluation.intervals import Interval

    mean = Interval(panel.mean, float("nan"), float("nan"))
    return Measured(median, "random", mean, sd=panel.sd, panel=tuple(prompts))


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
        report_measured(bench, tracking, group, one, "confirm", measured)


def report_measured(
    bench: Bench,
    tracking: Tracking,
    group: str,
    one: Measured,
    split: Split,
    together: Sequence[Measured],
) -> tuple[list[Query], str | None]:
    """The run of one prompt, whose Records on the split are known; its pictures and its id.

    ``together`` are the prompts that its description compares it with.
    """
    from painter_kit.cli.notes import comparison
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
    more = {} if one.sd is None else {sd_key(judge.task.name, judge.spec.metric): one.sd}
    more |= other_metrics(judge, one, examples)
    beside = comparison(together, judge.spec, split, len(examples))
    records = judge.recall(one.prompt, examples)
    what = Reported(one.prompt, about, values, one.gain, more, beside)
    return report_run(bench.predictor, judge, tracking, group, what, examples, records)


def other_metrics(judge: Judge, one: Measured, examples: Examples) -> dict[str, float]:
    """The metrics beside the primary one by their keys; for a panel the means over its prompts."""
    found = [
        judge.task.summarise(judge.recall(prompt, examples), judge.effective(prompt))
        for prompt in one.panel or (one.prompt,)
    ]
    shared = set.intersection(*(set(values) for values in found)) - {judge.spec.metric}
    means = {name: fmean(values[name] for values in found) for name in sorted(shared)}
    return {metric_key(judge.task.name, k): v for k, v in means.items() if isfinite(v)}


def report_data(run: Reporter, bench: Bench, splits: Sequence[str]) -> None:
    """The splits that a run reads, as its datasets."""
    from painter_kit.evaluation.loaded import describe_examples
    from painter_kit.types import SilentReporter

    if isinstance(run, SilentReporter):  # digests cost time
        return
    for name in splits:
        digest, facts = describe_examples(getattr(bench.splits, name))
        run.data(bench.settings.data, digest, name, {"task": bench.settings.task, **facts})


@dataclass(frozen=True)
class Reported:
    """What the run of a prompt says: ``metrics`` with limits by plain name, ``more`` by key.

    ``beside`` is Markdown that compares it with others.
    """

    prompt: AnyPrompt
    about: About
    metrics: Mapping[str, Interval]
    gain: Gain | None = None
    more: Mapping[str, float] = field(default_factory=dict)
    beside: str = ""


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
    from painter_kit.cli.notes import prompt_note
    from painter_kit.cli.prompt_run import paint_queries, per_image, report_prompt
    from painter_kit.evaluation.loaded import describe_examples

    prompt, about = what.prompt, what.about
    shown = [examples[i] for i in range(min(PICTURED, len(examples)))]
    queries = paint_queries(predictor, prompt, judge.task, judge.spec, shown)
    rows = per_image(judge.task, judge.effective(prompt), examples.ids, records, queries)
    digest, facts = describe_examples(examples)
    name, tags = f"{prompt.kind} {prompt.task} {about.data}", {COLOUR: COLOURS[prompt.kind]}
    with tracking.run("prompt", name, group, tags) as run:
        run.data(about.data, digest, about.split, {"task": prompt.task, **facts})
        report_prompt(run, prompt, about, what.metrics, what.gain, queries[:QUERIES], rows)
        if what.more:
            run.metrics(what.more)
        run.note(prompt_note(what))
    return queries[:QUERIES], run.run_id
