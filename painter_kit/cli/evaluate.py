"""``painterkit evaluate``: a prompt's figures on a dataset, with intervals, beside the paper's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.evaluate_plan import plan_words, show_plan
from painter_kit.cli.folders import choose_out
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say, table
from painter_kit.cli.planned import check_hardware
from painter_kit.cli.prompting import ALL, CONFIG_FILE, Size, SizeType
from painter_kit.cli.supports import Together, support_forwards, support_options
from painter_kit.cli.together import together
from painter_kit.errors import InputError

if TYPE_CHECKING:
    from benchmarks.evaluation import Evaluation
    from painter_kit.data.base import Dataset
    from painter_kit.evaluation.cost import Cost
    from painter_kit.tasks.base import Task
    from painter_kit.types import Spec, Subset

Split = Literal["test", "pool", "select", "confirm"]
WORLD_COUNT = 128  # so that all tasks of the world take minutes on a laptop


@dataclass(frozen=True)
class EvaluateSettings:
    """Settings of ``evaluate``.

    ``count`` caps the pictures: ``all``, a number, or null for 128 on the world and all
    elsewhere. ``supports`` paint with ``prompt``, ``together`` says how. ``segment_type`` is
    SegGPT's type token, ``auto`` that of the task. ``protocol`` holds ``KEY=VALUE`` changes of
    published conventions.
    """

    task: str = ALL
    data: str = "world"
    checkpoint: str = "world-tiny"
    prompt: str = "random"
    supports: tuple[str, ...] = ()
    together: Together = "features"
    split: Split = "test"
    count: Size | None = None
    protocol: tuple[str, ...] = ()
    keep_predictions: bool = False
    keep_painted: bool = False
    precision: str = "fp32"
    compile: str | None = None
    attention: str = "auto"
    segment_type: Literal["auto", "semantic", "instance"] = "auto"
    threads: int | None = None
    seed: int = 0
    resamples: int = 10_000
    forward_batch: int = 16

    def __post_init__(self) -> None:
        counts = {"resamples": self.resamples, "forward_batch": self.forward_batch}
        if isinstance(self.count, int):
            counts["count"] = self.count
        for name, value in counts.items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1 but got {value}")

    @property
    def most(self) -> int | None:
        """The cap in force; None for no cap."""
        if self.count is None:
            return WORLD_COUNT if self.data.startswith("world") else None
        return self.count if isinstance(self.count, int) else None


@dataclass(frozen=True)
class Job:
    """One task to evaluate: its spec on the data before the model is known, what switches it,
    and the examples, ``available`` of which there are."""

    task: Task
    spec: Spec[Any]
    switches: tuple[str, ...]
    examples: Subset
    available: int
    cost: Cost


def _protocol(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> Any:
    return value or None  # so that none given leaves those of --config


@click.command()
@options("task", "data", "checkpoint")
@click.option(
    "--prompt",
    metavar="DIR|random[:SEED]|released",
    shell_complete=complete(lambda: completion.PROMPTS, "dir"),
    help="The prompt [random].",
)
@support_options
@click.option(
    "--split",
    type=click.Choice(["test", "pool", "select", "confirm"]),
    help="Which pictures [test].",
)
@click.option("--count", type=SizeType(), help="Most pictures [all; 128 of the world].")
@click.option(
    "--protocol",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_protocol,
    help="Change a published convention; docs/protocols.md lists them.",
)
@click.option(
    "--keep-predictions",
    is_flag=True,
    default=None,
    help="Write predictions in the benchmarks' own formats.",
)
@click.option(
    "--keep-painted", is_flag=True, default=None, help="Write what was painted, before decoding."
)
@click.option(
    "--resamples", type=click.IntRange(min=1), help="Bootstrap resamples of an interval [10000]."
)
@options(
    "seed", "device", "precision", "segment_type", "threads", "store", "data_root", "out", "resume"
)
@options(
    "overwrite", "plan", "devices", "throughput", "json", "mlflow", "config", "set", "print_config"
)
@together(CONFIG_FILE)
def command(**flags: Any) -> None:
    """Measure a prompt on a dataset and put it beside the published numbers.

    --task all takes every task that the data has. Pictures are streamed and every result is kept
    in the store, so that a run that was stopped goes on where it was (--resume with its --out).
    --prompt is a prompt folder (for all tasks a folder with one per task), random (a usable pair
    of the training pictures) or released (the prompt of the published evaluation). Every --support
    adds one of these, and --together says how they paint.

    Example: painterkit evaluate --task depth --data nyuv2 --data-root data --prompt released
    """
    check_hardware(flags)
    out = choose_out(flags["out"], "evaluate", flags["resume"], flags["overwrite"])
    if flags["resume"] and not flags["config"] and (out / CONFIG_FILE).is_file():
        flags["config"] = str(out / CONFIG_FILE)
    settings = resolve(EvaluateSettings, flags)
    dataset, jobs = find_jobs(settings, flags["data_root"])
    if flags["plan"]:
        return show_plan(settings, dataset, jobs, flags)
    say(plan_words(settings, jobs), as_json=True)
    from painter_kit.cli.evaluate_run import run_jobs

    def tell(one: Evaluation) -> None:
        say(_words(one), flags["as_json"])

    evaluations = run_jobs(settings, dataset, jobs, out, flags, tell)
    _tell_all(evaluations, out, flags["as_json"])
    if flags["as_json"]:
        rows = [one.to_json() for one in evaluations]
        emit({"rows": rows} if settings.task == ALL else rows[0])


def find_jobs(settings: EvaluateSettings, root: Path | None) -> tuple[Dataset, list[Job]]:
    """The data and what is to be measured on it; nothing is read beyond lists and headers.

    Raises ``InputError`` for unknown names, a task or split that the data does not have, broken
    files and switches that no task knows.
    """
    from painter_kit.cli.evaluate_run import prompt_names
    from painter_kit.data.base import open_dataset
    from painter_kit.data.switches import switched
    from painter_kit.evaluation.cost import cost_of
    from painter_kit.evaluation.splits import make_split
    from painter_kit.tasks.base import get_task
    from painter_kit.types import Subset

    dataset = open_dataset(settings.data, root)
    names = dataset.tasks if settings.task == ALL else (get_task(settings.task).name,)
    if settings.split not in dataset.sources:
        known = ", ".join(dataset.sources)
        raise InputError(f"--data {dataset.name} has no split {settings.split}; it has {known}")
    jobs = []
    splits = {name: make_split(dataset, name, settings.split) for name in names}
    specs = {name: dataset.spec(name) for name in names}
    switches = shared_switches(specs, settings.protocol)
    prompts = prompt_names(settings, names)
    for name, whole in splits.items():
        task, spec = get_task(name), switched(specs[name], switches[name])
        examples = Subset(whole.source, whole.indices[: settings.most])
        cost = cost_of(task, spec, examples)
        each = support_forwards(prompts[name], settings.together)
        cost = replace(cost, forwards=cost.forwards * each)
        jobs.append(Job(task, specs[name], switches[name], examples, len(whole), cost))
    return dataset, jobs


def shared_switches(
    specs: Mapping[str, Spec[Any]], sets: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Which of the ``KEY=VALUE`` changes each task takes: those whose key it knows.

    Raises ``InputError`` for a key that no task knows.
    """
    from painter_kit.data.switches import OPTION, switch_names

    taken: dict[str, tuple[str, ...]] = dict.fromkeys(specs, ())
    for item in sets:
        key, equals, _ = item.partition("=")
        takers = [name for name, spec in specs.items() if equals and key in switch_names(spec)]
        if not takers:
            known = sorted({key for spec in specs.values() for key in switch_names(spec)})
            raise InputError(
                f"{OPTION} {item}: write KEY=VALUE; keys of {', '.join(specs)}: {', '.join(known)}"
            )
        for name in takers:
            taken[name] += (item,)
    return taken


def _words(one: Evaluation) -> str:
    """What was measured of one task, as soon as it is known."""
    blocks = [one.title, table(one.metric_cells())]
    if published := one.published_cells():
        blocks += ["", table(published)]
    return "\n".join([*blocks, one.verdict, ""])


def _tell_all(evaluations: list[Evaluation], out: Path, as_json: bool) -> None:
    from benchmarks.evaluation import summary_cells

    if len(evaluations) > 1:
        say(f"{table(summary_cells(evaluations))}\n", as_json)
    say(f"* primary metric; written to {out}", as_json)
