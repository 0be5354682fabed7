"""``painterkit search-prompt``: find the pair that makes the model best at a task."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out
from painter_kit.cli.measured import Measured, of_panel
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say
from painter_kit.cli.prompting import (
    Bench,
    PromptSettings,
    Source,
    config_of,
    is_quiet,
    open_source,
    run_bench,
    split_options,
)

if TYPE_CHECKING:
    from painter_kit.tracking import Run
    from prompt_search.plan import Plan, SearchConfig
    from prompt_search.result import SearchResult

log = logging.getLogger(__name__)

ALSO_HELP = "Measure alternatives too: ensemble, retrieval, per-class [none]."
STRATEGY_HELP = "random, exhaustive, halving or halving+certify [halving]."


@dataclass(frozen=True)
class SearchSettings(PromptSettings):
    """Settings of ``search-prompt``.

    ``k`` belongs to the strategy ``random``; ``b0``, ``eta`` and ``keep`` to ``halving``;
    ``confidence``, ``epsilon`` (in the score's unit) and ``share`` of exhaustive, the most that
    may be spent, to ``halving+certify``. ``also`` names alternatives to one prompt for all
    queries: ``ensemble`` (chosen of the best ``ensemble_finalists``, with ``ensemble_most``
    members at most, and the best ``ensemble_size`` together), ``retrieval``, ``per-class``.
    """

    strategy: str = "halving"
    k: int = 16
    b0: int = 8
    eta: int = 4
    keep: int = 4
    confidence: float = 0.95
    epsilon: float = 0.0
    share: float = 0.25
    also: tuple[str, ...] = ()
    ensemble_finalists: int = 8
    ensemble_most: int = 5
    ensemble_size: int = 3

    def config(self) -> SearchConfig:
        """The search's own settings. Raises ``InputError`` for values that make no sense."""
        from prompt_search.plan import SearchConfig

        return config_of(SearchConfig, self)


def _names(ctx: click.Context, _: click.Parameter, value: str | None) -> Any:
    return None if value is None else tuple(name.strip() for name in value.split(","))


@click.command("search-prompt")
@options("task", "data", "checkpoint")
@click.option("--strategy", metavar="NAME", help=STRATEGY_HELP)
@split_options
@click.option("--k", type=int, metavar="N", help="Candidates of the strategy random.")
@click.option("--confidence", type=float, metavar="X", help="Of the certificate [0.95].")
@click.option("--epsilon", type=float, metavar="X", help="Tolerance of the certificate [0].")
@click.option("--also", metavar="NAME,...", callback=_names, help=ALSO_HELP)
@options("seed", "device", "precision", "threads", "store", "data_root", "out", "overwrite")
@options("plan", "json", "mlflow", "config", "set", "print_config")
def command(**flags: Any) -> None:
    """Search a training set for the pair that is the best prompt for a task.

    Candidates (pool) are judged on the select images; the winner is compared with random
    prompts on the confirm images, which chose nothing. What was measured once is kept in the
    store and never computed again. The parts of a task (panoptic: semantic and instance) are
    searched one by one and confirmed together.

    --also compares ensembles of prompts, a nearest prompt for every query and a prompt for every
    class with the one prompt for all, at their cost in forwards; 'do not ensemble' is a possible
    answer. An ensemble that helps is written beside the prompt and is used like one.

    Example: painterkit search-prompt --task depth --data world --out runs/depth
    """
    settings = resolve(SearchSettings, flags)
    config = settings.config()
    out = choose_out(flags["out"], "search-prompt", overwrite=flags["overwrite"])
    source = open_source(settings, flags)
    check_source(config, source)
    if flags["plan"]:
        return _show_plan(settings, source.plan(config), flags["as_json"])
    work = partial(_search, settings)
    result, run_id = run_bench("search", settings, source, out, flags, work, _measured)
    say(f"{result.summary}\n  prompt: {out / 'prompt'}", flags["as_json"])
    if flags["as_json"]:
        emit({**result.to_json(), "run_id": run_id})


def check_source(config: SearchConfig, source: Source) -> None:
    """Raise ``InputError`` when the task cannot have what was asked for."""
    from prompt_search.alternatives import check_also

    check_also(config.also, source.task, source.spec)


def _show_plan(settings: SearchSettings, plan: Plan, as_json: bool) -> None:
    say(f"{settings.task} on {settings.data}, {settings.strategy}\n{plan.sentence}", as_json)
    if as_json:
        names = {"task": settings.task, "data": settings.data, "strategy": settings.strategy}
        emit({**names, **asdict(plan), "total": plan.total})


def _search(settings: SearchSettings, bench: Bench, run: Run) -> SearchResult:
    from prompt_search.search import search_prompt

    return search_prompt(
        bench.judge,
        bench.splits,
        settings.config(),
        checkpoint=settings.checkpoint,
        reporter=run,
        say=log.info,
        quiet=is_quiet(),
    )


def _measured(bench: Bench, result: SearchResult) -> list[Measured]:
    """The searched prompt and the panel."""
    found = Measured(result.prompt, result.config.strategy, result.winner.confirm, result.gain)
    return [found, of_panel(result.panel, result.median_prompt)]
