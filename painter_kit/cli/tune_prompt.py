"""``painterkit tune-prompt``: learn a prompt for a task with the model frozen."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.folders import choose_out
from painter_kit.cli.measured import Measured, against_panel, of_panel
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say
from painter_kit.cli.planned import check_hardware
from painter_kit.cli.prompting import (
    CONFIG_FILE,
    Bench,
    PromptSettings,
    Source,
    config_of,
    is_quiet,
    open_source,
    split_options,
)
from painter_kit.cli.together import together
from painter_kit.cli.tune_plan import show_plan
from painter_kit.cli.tune_run import VERB, run_tuning
from painter_kit.errors import InputError
from painter_kit.options.tune import TuneOptions

if TYPE_CHECKING:
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.tasks.base import Task
    from painter_kit.tracking import Run
    from painter_kit.types import Spec
    from prompt_search.config import SearchConfig
    from prompt_tuning.config import TuneConfig
    from prompt_tuning.result import TuneResult

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TuneSettings(TuneOptions, PromptSettings):
    """Settings of ``tune-prompt``: those of a tuning, and what they are about.

    ``init`` holds names or prompt folders between commas.
    """

    init: str = "search"

    def config(self) -> TuneConfig:
        """The tuning's own settings. Raises ``InputError`` for values that make no sense."""
        from prompt_tuning.config import TuneConfig

        return config_of(TuneConfig, self)

    def search(self) -> SearchConfig:
        """The search that ``init: search`` runs: that of ``search-prompt`` by default."""
        from prompt_search.config import SearchConfig

        # The tuning's own patience counts something else.
        return replace(config_of(SearchConfig, self), patience=None)


@click.command("tune-prompt")
@options("task", "data", "checkpoint")
@click.option(
    "--init",
    metavar="NAMES|DIRS",
    shell_complete=complete(lambda: completion.STARTS, "dir"),
    help="search, random, mean, grey, a prompt folder; several race.",
)
@split_options
@click.option("--steps", type=int, metavar="N", help="Steps of learning [by the model's size].")
@click.option("--batch", type=int, metavar="N", help="Queries of a step [by the model's size].")
@click.option("--rate", type=float, metavar="X", help="Learning rate (RGB in 0..1) [0.02].")
@click.option("--evaluate-every", type=int, metavar="N", help="Steps between two evaluations.")
@click.option("--sweep", type=int, metavar="N", help="Try N other settings and keep the best.")
@options(
    "seed", "device", "precision", "segment_type", "threads", "store", "data_root", "out", "resume"
)
@options(
    "overwrite", "plan", "devices", "throughput", "json", "mlflow", "config", "set", "print_config"
)
@together(CONFIG_FILE)
def command(**flags: Any) -> None:
    """Learn the two pictures of a prompt while the model stays as it is.

    The pool teaches, the select images choose the best state, and the confirm images decide
    between a random, the searched and the learned prompt. By default learning starts from what
    search-prompt finds with the same sizes and seed, which is free when that has been run. The
    parts of a task (panoptic: semantic and instance) are learned one by one and decided on
    together. What was interrupted goes on exactly with --resume and its --out.

    Example: painterkit tune-prompt --task depth --data world --out runs/learned
    """
    check_hardware(flags)
    out = choose_out(flags["out"], VERB, flags["resume"], flags["overwrite"])
    if flags["resume"] and (begun := out / CONFIG_FILE).is_file():
        flags["config"] = flags["config"] or str(begun)
    settings = resolve(TuneSettings, flags)
    settings.config()
    source = open_source(settings, flags)
    inits = find_inits(settings.init, source.task, source.spec)
    check_pictures(settings, source)
    if flags["plan"]:
        return show_plan(settings, inits, source, flags)
    work, measured = partial(_tune, settings, inits), partial(_measured, settings)
    result, run_id = run_tuning(settings, source, out, flags, work, measured)
    say(f"{result.summary}\n  prompt: {out / 'prompt'} ({result.chosen})", flags["as_json"])
    if flags["as_json"]:
        emit({**result.to_json(), "run_id": run_id})


def find_inits(inits: str, task: Task, spec: Spec[Any]) -> list[str | AnyPrompt]:
    """Names of starts as they are, folders as their prompts; between commas.

    Raises ``InputError`` for what is neither, for a prompt of another task, for an ensemble and for
    colours of other classes.
    """
    from painter_kit.cli.given_prompt import check_coding, folder_prompt
    from prompt_tuning.starts import STARTS, split_init, unknown_start

    found: list[str | AnyPrompt] = []
    for init in split_init(inits):
        if init in STARTS:
            found.append(init)
        elif Path(str(init)).is_dir():
            prompt = _plain(folder_prompt(Path(str(init)), task, spec, "--init"), str(init))
            check_coding(prompt, spec, f"--init {init}")
            found.append(prompt)
        else:
            raise unknown_start(str(init))
    return found


def _plain(prompt: AnyPrompt, init: str) -> AnyPrompt:
    from painter_kit.inference.ensemble import EnsemblePrompt

    if isinstance(prompt, EnsemblePrompt):
        raise InputError(
            f"--init {init} is an ensemble of prompts; give the folder of one of its members"
        )
    return prompt


def check_pictures(settings: TuneSettings, source: Source) -> None:
    """Raise ``InputError`` where the task's pictures cannot be learned as the settings say."""
    from prompt_tuning.parameters import make_pictures

    for _, spec, _ in source.cut(source.spec, source.splits):
        make_pictures(settings.config(), spec)


def _tune(
    settings: TuneSettings, inits: list[str | AnyPrompt], bench: Bench, run: Run, work: Path
) -> TuneResult:
    from prompt_tuning.run import tune_prompt

    result = tune_prompt(
        bench.predictor.model,
        bench.judge,
        bench.splits,
        settings.config(),
        inits,
        search=settings.search(),
        work=work,
        checkpoint=settings.checkpoint,
        reporter=run,
        say=log.info,
        quiet=is_quiet(),
    )
    return replace(result, init=settings.init)


def _measured(settings: TuneSettings, bench: Bench, result: TuneResult) -> list[Measured]:
    """The learned prompt, its rival if there is one, and the panel."""
    learned = f"tune {result.pace.steps} steps"
    measured = [Measured(result.prompt, learned, result.confirm, result.gain)]
    if rival := result.rival:
        found = against_panel(bench, rival, result.panel_prompts)
        made, strategy = rival.provenance.get("search", {}), result.rival_name
        if strategy == "searched":
            strategy = str(made.get("strategy", settings.search().strategy))
        measured.append(Measured(rival, strategy, found.ours, found.gain))
    panel = of_panel(result.panel, result.median_prompt, result.panel_prompts)
    return [*measured, panel]
