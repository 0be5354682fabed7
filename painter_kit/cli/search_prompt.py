"""``painterkit search-prompt``: find the pair that makes the model best at a task."""

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
    is_quiet,
    of_panel,
    open_bench,
    open_source,
    report_prompts,
    split_options,
)

if TYPE_CHECKING:
    from painter_kit.tracking import Run
    from prompt_search.plan import SearchConfig
    from prompt_search.result import SearchResult

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SearchSettings(PromptSettings):
    """Settings of ``search-prompt``.

    ``k`` belongs to the strategy ``random``; ``b0``, ``eta`` and ``keep`` to ``halving``.
    """

    strategy: str = "halving"
    k: int = 16
    b0: int = 8
    eta: int = 4
    keep: int = 4

    def config(self) -> SearchConfig:
        """The search's own settings. Raises ``InputError`` for values that make no sense."""
        from prompt_search.plan import SearchConfig

        return SearchConfig(
            self.strategy,
            self.seed,
            self.panel,
            self.k,
            self.b0,
            self.eta,
            self.keep,
            self.resamples,
        )


@click.command("search-prompt")
@options("task", "data", "checkpoint")
@click.option("--strategy", metavar="NAME", help="random, exhaustive or halving.")
@split_options
@click.option("--k", type=int, metavar="N", help="Candidates of the strategy random.")
@options("seed", "device", "precision", "threads", "store", "data_root", "out", "overwrite")
@options("plan", "json", "mlflow", "config", "set", "print_config")
def command(**flags: Any) -> None:
    """Search a training set for the pair that is the best prompt for a task.

    Candidates (pool) are judged on the select images; the winner is compared with random
    prompts on the confirm images, which chose nothing. What was measured once is kept in the
    store and never computed again.

    Example: painterkit search-prompt --task depth --data world --out runs/depth
    """
    settings = resolve(SearchSettings, flags)
    config = settings.config()
    out = choose_out(flags["out"], "search-prompt", overwrite=flags["overwrite"])
    source = open_source(settings, flags)
    if flags["plan"]:
        return _show_plan(settings, config, source, flags["as_json"])
    result, run_id = _search(settings, source, out, flags)
    say(f"{result.summary}\n  prompt: {out / 'prompt'}", flags["as_json"])
    if flags["as_json"]:
        emit({**result.to_json(), "run_id": run_id})


def _show_plan(
    settings: SearchSettings, config: SearchConfig, source: Source, as_json: bool
) -> None:
    """The cost if every pair of the pool is usable and the store holds nothing."""
    from prompt_search.plan import make_plan

    counts = source.splits.counts
    plan = make_plan(config, counts["pool"], counts["select"], counts["confirm"])
    say(f"{settings.task} on {settings.data}, {settings.strategy}\n{plan.sentence}", as_json)
    if as_json:
        names = {"task": settings.task, "data": settings.data, "strategy": settings.strategy}
        emit({**names, **asdict(plan), "total": plan.total})


def _search(
    settings: SearchSettings, source: Source, out: Path, flags: Mapping[str, Any]
) -> tuple[SearchResult, str | None]:
    from painter_kit.tracking import start_tracking

    with open_bench(settings, source, flags) as bench:
        tracking = start_tracking(flags["mlflow"])
        name = f"{settings.task} {settings.data}"
        group = f"search-prompt {name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
        with finished_folder(out, "search-prompt") as fresh:
            with tracking.run("search", f"search {name}", group) as run:
                result = _run(settings, bench, run, out, fresh)
            won = Measured(result.prompt, settings.strategy, result.winner.confirm, result.gain)
            panel = of_panel(result.panel, result.panel_prompts, result.panel_values)
            report_prompts(bench, tracking, group, [won, panel])
    return result, run.run_id


def _run(settings: SearchSettings, bench: Bench, run: Run, out: Path, fresh: Path) -> SearchResult:
    """Search and write into ``fresh``, which becomes ``out``; reported is ``out``."""
    from painter_kit.config import dump_config
    from painter_kit.files import write_text
    from prompt_search.search import search_prompt

    run.params({**asdict(settings), "model_digest": bench.judge.model_digest})
    result = search_prompt(
        bench.judge,
        bench.splits,
        settings.config(),
        checkpoint=settings.checkpoint,
        reporter=run,
        say=log.info,
        quiet=is_quiet(),
    )
    result = replace(result, folder=out)
    result.write(fresh)
    write_text(fresh / CONFIG_FILE, dump_config(settings))
    for path in sorted(fresh.iterdir()):
        run.artifact(path, path.name if path.is_dir() else "")
    return result
