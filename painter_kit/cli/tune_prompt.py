"""``painterkit tune-prompt``: learn a prompt for a task with the model frozen."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out
from painter_kit.cli.measured import Measured, against_panel, of_panel
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say
from painter_kit.cli.prompting import (
    Bench,
    PromptSettings,
    config_of,
    is_quiet,
    open_bench,
    open_source,
    run_bench,
    split_options,
)
from painter_kit.errors import InputError

if TYPE_CHECKING:
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.tasks.base import Task
    from painter_kit.tracking import Run
    from painter_kit.types import Spec
    from prompt_search.plan import Plan, SearchConfig
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

        return config_of(TuneConfig, self)

    def search(self) -> SearchConfig:
        """The search that ``init: search`` runs: that of ``search-prompt`` by default."""
        from prompt_search.plan import SearchConfig

        return config_of(SearchConfig, self)


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
    search-prompt finds with the same sizes and seed, which is free when that has been run. The
    parts of a task (panoptic: semantic and instance) are learned one by one and decided on
    together.

    Example: painterkit tune-prompt --task depth --data world --out runs/learned
    """
    settings = resolve(TuneSettings, flags)
    settings.config()
    out = choose_out(flags["out"], "tune-prompt", overwrite=flags["overwrite"])
    source = open_source(settings, flags)
    init = find_init(settings.init, source.task, source.spec)
    if flags["plan"]:
        return _show_plan(settings, source.plan(settings.search()), flags["as_json"])
    work, measured = partial(_tune, settings, init), partial(_measured, settings)
    with open_bench(settings, source, flags) as bench:
        result, run_id = run_bench("tune", bench, out, flags, work, measured)
    say(f"{result.summary}\n  prompt: {out / 'prompt'} ({result.chosen})", flags["as_json"])
    if flags["as_json"]:
        emit({**result.to_json(), "run_id": run_id})


def find_init(init: str, task: Task, spec: Spec[Any]) -> str | AnyPrompt:
    """The name of a start as it is, a folder as its prompt.

    Raises ``InputError`` for what is neither, for a prompt of another task and for an ensemble.
    """
    from painter_kit.cli.given_prompt import folder_prompt
    from painter_kit.inference.ensemble import EnsemblePrompt
    from prompt_tuning.starts import STARTS

    if init in STARTS:
        return init
    if not Path(init).is_dir():
        names = ", ".join(STARTS)
        raise InputError(f"--init must be a prompt folder or one of {names}, not {init!r}")
    prompt = folder_prompt(Path(init), task, spec, "--init")
    if isinstance(prompt, EnsemblePrompt):
        raise InputError(
            f"--init {init} is an ensemble of prompts; give the folder of one of its members"
        )
    return prompt


def _show_plan(settings: TuneSettings, search: Plan, as_json: bool) -> None:
    """The cost if every pair of the pool is usable and the store holds nothing."""
    from prompt_tuning.plan import make_tune_plan

    plan = make_tune_plan(settings.config(), search, searched=settings.init == "search")
    say(f"{settings.task} on {settings.data}; {plan.before}\n{plan.sentence}", as_json)
    if as_json:
        names = {"task": settings.task, "data": settings.data, "init": settings.init}
        costs = {"forwards": plan.forwards, "forwards_before": plan.forwards_before}
        emit({**names, "samples": plan.samples, **costs})


def _tune(settings: TuneSettings, init: str | AnyPrompt, bench: Bench, run: Run) -> TuneResult:
    from prompt_tuning.run import tune_prompt

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
    return replace(result, init=settings.init)


def _measured(settings: TuneSettings, bench: Bench, result: TuneResult) -> list[Measured]:
    """The learned prompt, the searched one if there is one, and the panel."""
    learned = f"tune {settings.steps} steps"
    measured = [Measured(result.prompt, learned, result.confirm, result.gain)]
    if result.searched:
        found = against_panel(bench, result.searched, result.panel_prompts)
        made = result.searched.provenance.get("search", {})
        strategy = str(made.get("strategy", settings.search().strategy))
        measured.append(Measured(result.searched, strategy, found.ours, found.gain))
    panel = of_panel(result.panel, result.median_prompt)
    return [*measured, panel]
