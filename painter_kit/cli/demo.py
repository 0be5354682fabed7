"""``painterkit demo``: random, searched and learned prompts, measured and shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

import click

from painter_kit.cli.folders import choose_out, finished_folder
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say, table

if TYPE_CHECKING:
    from benchmarks.demo import DemoPart, DemoSettings
    from benchmarks.rows import Row
    from painter_kit.cli.prompt_run import Query
    from painter_kit.evaluation.gain import Gain
    from painter_kit.evaluation.intervals import Interval
    from painter_kit.evaluation.judge import Judge
    from painter_kit.inference.predictor import Predictor
    from painter_kit.inference.prompt import Prompt
    from painter_kit.tracking import Tracking
    from painter_kit.types import Record

T = TypeVar("T")

QUERIES = 4


@click.command()
@options("checkpoint", "device", "threads", "seed", "out", "store", "overwrite", "plan", "json")
@options("mlflow", "config", "set", "print_config")
def command(**flags: Any) -> None:
    """Search, tune and test prompts for depth on the procedural world, and show the result.

    Two variants: 'world', whose codings the model was trained on, and 'world-shifted', whose
    coding only the prompt tells.
    """
    from benchmarks.demo import DemoSettings

    started = time.monotonic()
    settings = resolve(DemoSettings, flags).seeded()
    out = choose_out(flags["out"], "demo", overwrite=flags["overwrite"])
    tell = _teller(flags["as_json"])
    tell(_plan(settings))
    if flags["plan"]:
        return
    rows, run_ids = _run(settings, out, flags)
    seconds = time.monotonic() - started
    tell(f"\n{table([row.cells() for row in rows])}")
    tell(
        "gain: over the mean of the random prompts, positive is better, with 95 % interval over "
        "images and prompts; * the interval is above zero"
    )
    tell(f"\nwritten to {out}: prompts, decisions, pictures; {seconds:.0f} s")
    if flags["mlflow"]:
        tell("see everything side by side:  painterkit ui")
    if flags["as_json"]:
        emit({"rows": [r.to_json() for r in rows], "seconds": seconds, "run_ids": run_ids})


def _teller(as_json: bool) -> Callable[[str], None]:
    return lambda text: say(text, as_json)


def _plan(settings: DemoSettings) -> str:
    return (
        f"demo: {settings.task} on {', '.join(settings.data)}: search among {settings.pool} "
        f"candidates, tune {settings.tune.steps} steps, test random, searched and learned "
        f"prompts on {settings.test} images"
    )


def _run(settings: DemoSettings, out: Path, flags: dict[str, Any]) -> tuple[list[Row], list[str]]:
    from painter_kit.cli.runtime import use_device
    from painter_kit.model.checkpoint import load_painter
    from painter_kit.tracking import start_tracking

    # One thread per dataset: two threads within one small forward would mostly wait for each other.
    device = use_device(flags["device"] or "auto", threads=flags["threads"] or 1)
    load_painter(settings.checkpoint)  # what is wrong with it is said before anything is written
    tracking = start_tracking(flags["mlflow"])
    with finished_folder(out, "demo") as fresh:

        def part(data: str) -> tuple[Row, list[str]]:
            return _part(settings, data, device, tracking, fresh / data, flags)

        found = side_by_side(part, settings.data)
    return [row for row, _ in found], [run_id for _, ids in found for run_id in ids]


def side_by_side(job: Callable[[str], T], items: Sequence[str]) -> list[T]:
    """``job`` of every item at once, each in a thread; results in order, the first error raised.

    The threads die with the program, so that an interruption need not wait for them.
    """
    futures = [Future[T]() for _ in items]

    def work(item: str, future: Future[T]) -> None:
        try:
            future.set_result(job(item))
        except BaseException as error:
            future.set_exception(error)

    for item, future in zip(items, futures, strict=True):
        Thread(target=work, args=(item, future), daemon=True).start()
    return [future.result() for future in futures]


def _part(
    settings: DemoSettings,
    data: str,
    device: str,
    tracking: Tracking,
    out: Path,
    flags: dict[str, Any],
) -> tuple[Row, list[str]]:
    """One dataset from splits to reported prompts, with a model and a store connection its own."""
    from benchmarks.demo import run_part
    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.splits import make_splits
    from painter_kit.evaluation.store import Store, default_store_dir
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter
    from painter_kit.tasks.base import get_task

    task, dataset = get_task(settings.task), open_dataset(data)
    splits = make_splits(dataset, task.name, settings.sizes, settings.seed)
    predictor = Predictor(load_painter(settings.checkpoint, device), settings.batch)
    spec = with_canvas(dataset.spec(task.name), predictor.canvas)
    group = f"demo {task.name} {data} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    with (
        Store(default_store_dir(flags["store"])) as store,
        tracking.run("search", f"search {task.name} {data}", group) as search_run,
        tracking.run("tune", f"tune {task.name} {data}", group) as tune_run,
    ):
        judge = Judge.of(predictor, task, spec, store)
        about = {"task": task.name, "data": data, "checkpoint": settings.checkpoint}
        about |= {"seed": settings.seed, "model_digest": judge.model_digest}
        search_run.params({**about, **asdict(settings.search), **splits.counts})
        tune_run.params({**about, "init": "search"})
        part = run_part(predictor.model, judge, splits, settings, out, search_run, tune_run)
        ids = _report(settings, data, predictor, judge, part, tracking, group, out)
    said = "\n".join((f"\n{task.name} on {data}", part.search.summary, part.tune.summary))
    say(said, flags["as_json"])
    return part.row, [run.run_id for run in (search_run, tune_run) if run.run_id] + ids


@dataclass(frozen=True)
class Shown:
    """A prompt with what its run says."""

    prompt: Prompt
    records: Sequence[Record]
    value: Interval
    gain: Gain | None
    strategy: str


def _shown(part: DemoPart, settings: DemoSettings) -> list[Shown]:
    """Random (the panel's mean, shown by its median prompt), searched and learned."""
    from painter_kit.evaluation.intervals import Interval

    row = part.row
    mean = Interval(row.random.mean, float("nan"), float("nan"))
    shown = [Shown(row.median, row.median_records, mean, None, "random")]
    strategies = (settings.search.strategy, f"tune {settings.tune.steps} steps")
    for contender, strategy in zip((row.searched, row.learned), strategies, strict=True):
        comparison = contender.comparison
        shown.append(
            Shown(contender.prompt, contender.records, comparison.ours, comparison.gain, strategy)
        )
    return shown


def _report(
    settings: DemoSettings,
    data: str,
    predictor: Predictor,
    judge: Judge,
    part: DemoPart,
    tracking: Tracking,
    group: str,
    out: Path,
) -> list[str]:
    """A flat run per kind of prompt, with the same queries; the pictures also go to ``out``."""
    from painter_kit.cli.prompt_run import About, paint_queries, per_image, report_prompt

    row, spec, test = part.row, judge.spec, part.splits.test
    examples = [test[i] for i in range(min(QUERIES, len(test)))]
    ids, painted = [], []
    for shown in _shown(part, settings):
        prompt = shown.prompt
        about = About(
            data,
            "test",
            settings.checkpoint,
            judge.model_digest,
            shown.strategy,
            settings.seed,
            row.n,
        )
        queries = paint_queries(predictor, prompt, judge.task, spec, examples)
        painted.append(queries)
        rows = per_image(judge.task, judge.effective(prompt), test.ids, shown.records)
        with tracking.run("prompt", f"{prompt.kind} {prompt.task} {data}", group) as run:
            values = {spec.metric: shown.value}
            report_prompt(run, prompt, about, values, shown.gain, queries, rows)
            if shown.gain is None:
                run.metrics({f"{spec.task}/{spec.metric}_sd": row.random.sd})
            ids += [run.run_id] if run.run_id else []
    _draw([row.median, row.searched.prompt, row.learned.prompt], painted, out)
    return ids


def _draw(prompts: Sequence[Prompt], painted: Sequence[Sequence[Query]], out: Path) -> None:
    """``prompts.png``: a row per prompt, input and target. ``queries.png``: a row per query,
    with truth and output under the random, the searched and the learned prompt. Truth and
    outputs are in the codings of their prompts."""
    from painter_kit.data.pictures import write_png
    from painter_kit.inference.pictures import grid

    write_png(out / "prompts.png", grid([[p.pair.image, p.pair.target] for p in prompts]))
    rows = [
        [queries[0].input, queries[0].truth, *(query.painted for query in queries)]
        for queries in zip(*painted, strict=True)
    ]
    write_png(out / "queries.png", grid(rows))
