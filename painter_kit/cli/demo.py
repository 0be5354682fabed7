"""``painterkit demo``: random, searched and learned prompts, measured and shown."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

import click

from painter_kit.cli.folders import choose_out, finished_folder
from painter_kit.cli.measured import Measured, of_panel, report_data, report_measured
from painter_kit.cli.notes import comparison, work_note
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, plain, say, table
from painter_kit.cli.prompting import (
    CONFIG_FILE,
    RESULT_FILE,
    PromptSettings,
    open_bench,
    open_source,
)
from painter_kit.files import write_text

if TYPE_CHECKING:
    from benchmarks.demo import DemoPart, DemoSettings
    from benchmarks.rows import Row
    from painter_kit.cli.prompt_run import Query
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.tracking import Tracking

T = TypeVar("T")


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
        return _emit_plan(settings, flags["as_json"])
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


def _emit_plan(settings: DemoSettings, as_json: bool) -> None:
    if as_json:
        sizes = {name: getattr(settings, name) for name in ("pool", "select", "confirm", "test")}
        steps = settings.tune.steps
        emit({"task": settings.task, "data": list(settings.data), **sizes, "steps": steps})


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
        _write(fresh, settings, found)
    return [row for row, _ in found], [run_id for _, ids in found for run_id in ids]


def _write(out: Path, settings: DemoSettings, found: Sequence[tuple[Row, list[str]]]) -> None:
    """The settings, and the table with the ids of all runs."""
    from painter_kit.config import dump_config

    run_ids = [run_id for _, ids in found for run_id in ids]
    result = plain({"rows": [row.to_json() for row, _ in found], "run_ids": run_ids})
    write_text(out / CONFIG_FILE, dump_config(settings))
    write_text(out / RESULT_FILE, json.dumps(result, indent=1) + "\n")


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
    from painter_kit.config import dump_config

    own = _own_settings(settings, data)
    given = {**flags, "device": device, "data_root": None}
    name = f"{settings.task} {data}"
    group = f"demo {name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    with (
        open_bench(own, open_source(own, given), given) as bench,
        tracking.run("search", f"search {name}", group) as search_run,
        tracking.run("tune", f"tune {name}", group) as tune_run,
    ):
        about = {"task": own.task, "data": data, "checkpoint": own.checkpoint}
        about |= {"seed": own.seed, "model_digest": bench.judge.model_digest}
        search_run.params({**about, **asdict(settings.search), **bench.splits.counts})
        tune_run.params({**about, "init": "search"})
        for run in (search_run, tune_run):
            report_data(run, bench, ("pool", "select", "confirm"))
        model, judge = bench.predictor.model, bench.judge
        part = run_part(model, judge, bench.splits, settings, out, search_run, tune_run)
        for folder in ("search", "tune"):  # as the verbs that search and tune leave them
            write_text(out / folder / CONFIG_FILE, dump_config(own))
        measured = _measured(part, settings)
        told = [report_measured(bench, tracking, group, one, "test", measured) for one in measured]
        table = comparison(measured, judge.spec, "test", len(bench.splits.test))
        search_run.note(work_note(f"search {name}", table, part.search.summary))
        tune_run.note(work_note(f"tune {name}", table, part.tune.summary))
        random, searched, learned = (one.prompt for one in measured)
        bench.keep_queries([searched, random])
        bench.keep_queries([learned, searched])
        _draw([one.prompt for one in measured], [queries for queries, _ in told], out)
    said = "\n".join((f"\n{name.replace(' ', ' on ')}", part.search.summary, part.tune.summary))
    say(said, flags["as_json"])
    run_ids = (search_run.run_id, tune_run.run_id, *(run_id for _, run_id in told))
    return part.row, [run_id for run_id in run_ids if run_id]


def _own_settings(settings: DemoSettings, data: str) -> PromptSettings:
    """Those of one dataset, as the verbs that search and tune have them."""
    return PromptSettings(
        task=settings.task,
        data=data,
        checkpoint=settings.checkpoint,
        seed=settings.seed,
        pool=settings.pool,
        select=settings.select,
        confirm=settings.confirm,
        test=settings.test,
        forward_batch=settings.batch,
    )


def _measured(part: DemoPart, settings: DemoSettings) -> list[Measured]:
    """Random (the panel's mean, shown by its median prompt), searched and learned."""
    row = part.row
    strategies = (settings.search.strategy, f"tune {settings.tune.steps} steps")
    return [
        of_panel(row.random, row.median, part.search.panel_prompts),
        *(
            Measured(one.prompt, strategy, one.comparison.ours, one.comparison.gain)
            for one, strategy in zip((row.searched, row.learned), strategies, strict=True)
        ),
    ]


def _draw(prompts: Sequence[AnyPrompt], painted: Sequence[Sequence[Query]], out: Path) -> None:
    """``prompts.png``: a row per prompt, input and target (of every part). ``queries.png``: a row
    per query, with truth and output under the random, the searched and the learned prompt. Truth
    and outputs are in the codings of their prompts."""
    from painter_kit.cli.prompt_run import prompts_in
    from painter_kit.data.pictures import write_png
    from painter_kit.inference.pictures import grid

    pairs = [[one.pair for one in prompts_in(prompt)] for prompt in prompts]
    shown = [[picture for p in row for picture in (p.image, p.target)] for row in pairs]
    write_png(out / "prompts.png", grid(shown))
    rows = [
        [queries[0].input, queries[0].truth, *(query.painted for query in queries)]
        for queries in zip(*painted, strict=True)
    ]
    write_png(out / "queries.png", grid(rows))
