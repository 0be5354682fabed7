"""``painterkit tune-prompt``: learn a prompt for a task with the model frozen."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out, finished_folder
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say
from painter_kit.cli.prompting import (
    CONFIG_FILE,
    Bench,
    Measured,
    PromptSettings,
    Source,
    against_panel,
    is_quiet,
    of_panel,
    open_bench,
    open_source,
    report_prompts,
    split_options,
)
from painter_kit.errors import InputError

if TYPE_CHECKING:
    from painter_kit.inference.prompt import Prompt
    from painter_kit.tracking import Run
    from prompt_search.plan import SearchConfig
    from prompt_tuning.result import TuneResult
    from prompt_tuning.tune import TuneConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TuneSettings(PromptSettings):
    """Settings of ``tune-prompt``; ``init`` is a name or a prompt folder."""

    init: str = "search"
    steps: int = 60
    batch: int = 16
    rate: float = 0.02
    warmup: float = 0.05
    clip: float = 1.0
    evaluate_every: int = 20

    def config(self) -> TuneConfig:
        """The tuning's own settings. Raises ``InputError`` for values that make no sense."""
        from prompt_tuning.tune import TuneConfig

        return TuneConfig(
            self.steps,
            self.batch,
            self.rate,
            self.warmup,
            self.clip,
            self.evaluate_every,
            self.seed,
            self.panel,
            self.resamples,
        )

    def search(self) -> SearchConfig:
        """The search that ``init: search`` runs: that of ``search-prompt`` by default."""
        from prompt_search.plan import SearchConfig

        return SearchConfig(seed=self.seed, panel=self.panel, resamples=self.resamples)


@click.command("tune-prompt")
@options("task", "data", "checkpoint")
@click.option("--init", metavar="NAME|DIR", help="search, random, mean, grey or a prompt folder.")
@split_options
@click.option("--steps", type=int, metavar="N", help="Steps of learning.")
@click.option("--batch", type=int, metavar="N", help="Queries of a step.")
@click.option("--rate", type=float, metavar="X", help="Learning rate (RGB in 0..1).")
@click.option("--evaluate-every", type=int, metavar="N", help="Steps between two evaluations.")
@options("seed", "device", "precision", "threads", "store", "data_root", "out", "overwrite")
@options("plan", "json", "mlflow", "config", "set", "print_config")
def command(**flags: Any) -> None:
    """Learn the two pictures of a prompt while the model stays as it is.

    The pool teaches, the select images choose the best state, and the confirm images decide
    between a random, the searched and the learned prompt. By default learning starts from what
    search-prompt finds with the same sizes and seed, which is free when that has been run.

    Example: painterkit tune-prompt --task depth --data world --out runs/learned
    """
    settings = resolve(TuneSettings, flags)
    settings.config()
    init = find_init(settings.init, settings.task)
    out = choose_out(flags["out"], "tune-prompt", overwrite=flags["overwrite"])
    source = open_source(settings, flags)
    if flags["plan"]:
        return _show_plan(settings, source, flags["as_json"])
    result, run_id = _tune(settings, source, init, out, flags)
    say(f"{result.summary}\n  prompt: {out / 'prompt'} ({result.chosen})", flags["as_json"])
    if flags["as_json"]:
        emit({**result.to_json(), "run_id": run_id})


def find_init(init: str, task: str) -> str | Prompt:
    """The name of a start as it is, a folder as its prompt.

    Raises ``InputError`` for what is neither and for a prompt of another task.
    """
    from painter_kit.inference.prompt import Prompt
    from prompt_tuning.starts import STARTS

    if init in STARTS:
        return init
    if not Path(init).is_dir():
        names = ", ".join(STARTS)
        raise InputError(f"--init must be a prompt folder or one of {names}, not {init!r}")
    prompt = Prompt.load(init)
    if prompt.task != task:
        raise InputError(
            f"--init {init} is a prompt for {prompt.task}, not for --task {task}; give another"
        )
    return prompt


def _show_plan(settings: TuneSettings, source: Source, as_json: bool) -> None:
    """The cost if every pair of the pool is usable and the store holds nothing."""
    from prompt_search.plan import make_plan

    counts = source.splits.counts
    search = make_plan(settings.search(), counts["pool"], counts["select"], counts["confirm"])
    evaluations = -(-settings.steps // settings.evaluate_every) + 1
    forwards = evaluations * counts["select"] + counts["confirm"]
    first = search.total if settings.init == "search" else search.panel_forwards
    what = f"search first: {search.sentence}" if settings.init == "search" else "panel first"
    samples = settings.steps * settings.batch
    say(
        f"{settings.task} on {settings.data}; {what}\n"
        f"plan: {settings.steps} steps x {settings.batch} queries = {samples} samples forward and "
        f"backward; forwards: {first} before, {forwards} to judge snapshots and the result",
        as_json,
    )
    if as_json:
        names = {"task": settings.task, "data": settings.data, "init": settings.init}
        emit({**names, "samples": samples, "forwards": forwards, "forwards_before": first})


def _tune(
    settings: TuneSettings,
    source: Source,
    init: str | Prompt,
    out: Path,
    flags: Mapping[str, Any],
) -> tuple[TuneResult, str | None]:
    from painter_kit.tracking import start_tracking

    with open_bench(settings, source, flags) as bench:
        tracking = start_tracking(flags["mlflow"])
        name = f"{settings.task} {settings.data}"
        group = f"tune-prompt {name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
        with finished_folder(out, "tune-prompt") as fresh:
            with tracking.run("tune", f"tune {name}", group) as run:
                result = _run(settings, bench, init, run, out, fresh)
            report_prompts(bench, tracking, group, _measured(settings, bench, result))
    return result, run.run_id


def _run(
    settings: TuneSettings, bench: Bench, init: str | Prompt, run: Run, out: Path, fresh: Path
) -> TuneResult:
    """Learn and write into ``fresh``, which becomes ``out``; reported is ``out``."""
    from painter_kit.config import dump_config
    from painter_kit.files import write_text
    from prompt_tuning.run import tune_prompt

    run.params({**asdict(settings), "model_digest": bench.judge.model_digest})
    result = tune_prompt(
        bench.predictor.model,
        bench.judge,
        bench.splits,
        settings.config(),
        init,
        search=settings.search(),
        checkpoint=settings.checkpoint,
        reporter=run,
        say=log.info,
        quiet=is_quiet(),
    )
    result = replace(result, init=settings.init, folder=out)
    result.write(fresh)
    write_text(fresh / CONFIG_FILE, dump_config(settings))
    for path in sorted(fresh.iterdir()):
        run.artifact(path, path.name if path.is_dir() else "")
    return result


def _measured(settings: TuneSettings, bench: Bench, result: TuneResult) -> list[Measured]:
    """The learned prompt, the searched one if there is one, and the panel."""
    learned = f"tune {settings.steps} steps"
    measured = [Measured(result.prompt, learned, result.confirm, result.gain)]
    if result.searched:
        found = against_panel(bench, result.searched, result.panel_prompts)
        made = result.searched.provenance.get("search", {})
        strategy = str(made.get("strategy", settings.search().strategy))
        measured.append(Measured(result.searched, strategy, found.ours, found.gain))
    panel = of_panel(result.panel, result.panel_prompts, result.panel_values)
    return [*measured, panel]
