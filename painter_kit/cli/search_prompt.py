"""``painterkit search-prompt``: find the pair that makes the model best at a task."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.folders import choose_out, unfinished_folder
from painter_kit.cli.interrupt import gentle_interrupt
from painter_kit.cli.measured import Measured, of_panel
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say
from painter_kit.cli.planned import check_hardware
from painter_kit.cli.prompting import (
    Bench,
    is_quiet,
    open_bench,
    open_source,
    split_options,
)
from painter_kit.cli.resume import RUN_FILE, Begun, continued
from painter_kit.cli.search_plan import begin, check_budget, show_plan
from painter_kit.cli.search_run import VERB, run_search
from painter_kit.cli.search_settings import SearchSettings
from painter_kit.cli.together import together
from painter_kit.errors import InputError

if TYPE_CHECKING:
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.tasks.base import Task
    from painter_kit.tracking import Run
    from painter_kit.types import Spec
    from prompt_search.config import SearchConfig
    from prompt_search.result import SearchResult

log = logging.getLogger(__name__)

ALSO_HELP = "Measure alternatives too: ensemble, retrieval, per-class [none]."
STRATEGY_HELP = "random, exhaustive, halving, halving+certify, released or panel [halving]."
DIAGNOSE_HELP = "Measure what of the prompt the model uses (blank, shuffled, wrong, own prompts)."
BUDGET_HELP = (
    "Most forwards of all stages: N; Ns, Nm or Nh of time; light, medium or heavy (10, 25 or 100 % "
    "of pool x select beside panel and confirm, in all at most 20,000, 50,000 or 500,000); or +N "
    "more with --resume."
)
STOP_FILE = "stop"
OWN = {"k": "random", "confidence": "halving+certify", "epsilon": "halving+certify"}
GENTLE = "interrupted: the leader will be confirmed; once more leaves at once, --resume goes on"


def _names(ctx: click.Context, _: click.Parameter, value: str | None) -> Any:
    return None if value is None else tuple(name.strip() for name in value.split(","))


@click.command("search-prompt")
@options("task", "data", "checkpoint")
@click.option(
    "--strategy",
    metavar="NAME",
    shell_complete=complete(lambda: completion.STRATEGIES),
    help=STRATEGY_HELP,
)
@split_options
@click.option("--crops", type=int, metavar="N", help="Random crops of every pair join the pool.")
@click.option("--flips", is_flag=True, default=None, help="Mirror images of pairs join the pool.")
@click.option(
    "--include",
    multiple=True,
    metavar="DIR",
    callback=lambda ctx, param, folders: folders or None,
    shell_complete=complete(list, "dir"),
    help="A prompt folder that joins the pool.",
)
@click.option("--k", type=int, metavar="N", help="Candidates of the strategy random [16].")
@click.option("--confidence", type=float, metavar="X", help="Of the certificate [0.95].")
@click.option("--refine", type=int, metavar="N", help="Edits of the winning pair to try [0].")
@click.option("--epsilon", type=float, metavar="X", help="Tolerance of the certificate [0].")
@click.option(
    "--also",
    metavar="NAME,...",
    callback=_names,
    shell_complete=complete(lambda: completion.ALTERNATIVES),
    help=ALSO_HELP,
)
@click.option("--diagnose", is_flag=True, default=None, help=DIAGNOSE_HELP)
@click.option("--budget", metavar="AMOUNT", help=BUDGET_HELP)
@options(
    "seed", "device", "precision", "segment_type", "threads", "store", "data_root", "out", "resume"
)
@options("overwrite", "plan", "devices", "throughput")
@options("json", "mlflow", "config", "set", "print_config")
@together(RUN_FILE)
def command(**flags: Any) -> None:
    """Search a training set for the pair that is the best prompt for a task.

    Candidates (pool) are judged on the select images; the winner is compared with random
    prompts, and with the released one where the data have it, on the confirm images, which chose
    nothing. When prompts turn out to be interchangeable, the search says so and stops. What was
    measured once is kept in the store and never computed again. The parts of a task (panoptic:
    semantic and instance) are searched one by one, then in turn by the metric of the whole, and
    confirmed together.

    Ctrl-C, or a file called stop in the output folder, ends a search early: its leader is
    confirmed all the same. After a second Ctrl-C or a kill, --resume --out DIR goes on.

    --also compares ensembles of prompts, a nearest prompt for every query and a prompt for every
    class with the one prompt for all, at their cost in forwards; 'do not ensemble' is a possible
    answer. An ensemble that helps is written beside the prompt and is used like one.

    Example: painterkit search-prompt --task depth --data world --out runs/depth
    """
    check_hardware(flags)
    settings, out, begun = _settled(flags)
    flags = begun.flags(flags) if begun else flags
    source = open_source(settings, flags)
    given = [find_included(folder, source.task, source.spec) for folder in settings.include]
    source = replace(source, given=given)
    source.check(settings.config())
    check_budget(settings, source)
    if flags["plan"]:
        return show_plan(settings, source, flags, begun)
    with open_bench(settings, source, flags, settings.config()) as bench:
        begun = begun or begin(settings, source, flags, bench.predictor)
        config = settings.config(begun.forwards)
        plan = source.plan(config)
        with unfinished_folder(out, VERB, flags["overwrite"]):
            (out / STOP_FILE).unlink(missing_ok=True)
            work = partial(_search, config, begun, source.given, out, plan.closing)
            result, run_id = run_search(bench, out, flags, work, measured_of, begun)
    say(f"{result.summary}\n  prompt: {out / 'prompt'}", flags["as_json"])
    if flags["as_json"]:
        emit({**result.to_json(), "run_id": run_id})


def _settled(flags: Mapping[str, Any]) -> tuple[SearchSettings, Path, Begun | None]:
    """Settings and output folder, and how the search was begun if it is resumed."""
    from prompt_search.budget import parse_budget

    if flags["resume"]:
        out = choose_out(flags["out"], VERB, True, flags["overwrite"])
        settings, begun = continued(SearchSettings, out, flags)
        return settings, out, begun
    settings = resolve(SearchSettings, flags)
    settings.config()
    _check_belongs(settings.strategy, flags)
    if parse_budget(settings.budget).more:
        raise InputError("--budget +N extends a search; add --resume and its --out")
    return settings, choose_out(flags["out"], VERB, False, flags["overwrite"]), None


def _check_belongs(strategy: str, flags: Mapping[str, Any]) -> None:
    """Raise ``InputError`` for an option of the command line that another strategy has."""
    for name, owner in OWN.items():
        if flags[name] is not None and strategy != owner:
            raise InputError(
                f"--{name} belongs to --strategy {owner}, not to {strategy}; leave it out or add "
                f"--strategy {owner}"
            )


def find_included(folder: str, task: Task, spec: Spec[Any]) -> AnyPrompt:
    """The prompt in a folder. Raises ``InputError`` when there is none for this task."""
    from painter_kit.cli.given_prompt import folder_prompt

    if not Path(folder).is_dir():
        raise InputError(f"--include must be a prompt folder, but there is no folder {folder}")
    return folder_prompt(Path(folder), task, spec, "--include")


def _search(
    config: SearchConfig,
    begun: Begun,
    given: Sequence[AnyPrompt],
    out: Path,
    closing: int,
    bench: Bench,
    run: Run,
) -> SearchResult:
    from painter_kit.distributed import world_size
    from painter_kit.evaluation.cost import Rate
    from prompt_search.budget import parse_budget
    from prompt_search.search import search_prompt
    from prompt_search.table import Stopped

    rate = Rate(begun.throughput, world_size()) if begun.throughput else None
    seconds = parse_budget(begun.settings.get("budget")).seconds
    # What follows the races must fit too.
    deadline = time.monotonic() + seconds - rate.seconds(closing) if seconds and rate else None
    log.info("to end early: Ctrl-C, or touch %s", out / STOP_FILE)
    with gentle_interrupt("" if is_quiet() else GENTLE) as interrupted:
        try:
            return search_prompt(
                bench.judge,
                bench.splits,
                config,
                include=given,
                checkpoint=bench.settings.checkpoint,
                reporter=run,
                say=log.info,
                quiet=is_quiet(),
                rate=rate,
                stop=partial(why_stop, interrupted, out / STOP_FILE, deadline),
            )
        except Stopped as reason:
            log.warning("stopped (%s) before the panel was measured: nothing to say yet", reason)
            raise KeyboardInterrupt from reason


def why_stop(interrupted: Callable[[], str], file: Path, deadline: float | None) -> str:
    """Why the search is to end now, as the first process sees it; an empty text when it is not."""
    from painter_kit.distributed import from_first
    from prompt_search.table import BUDGET

    def why() -> str:
        late = deadline is not None and time.monotonic() > deadline
        return interrupted() or ("stop file" if file.exists() else "") or (BUDGET if late else "")

    return from_first(why)


def measured_of(result: SearchResult) -> list[Measured]:
    """The searched prompt, the panel, and the released prompt where the data have one."""
    found = Measured(result.prompt, result.config.strategy, result.winner.confirm, result.gain)
    told = [found, of_panel(result.panel, result.median_prompt, result.panel_prompts)]
    if result.released:
        against = result.released.against_panel
        told.append(Measured(result.released.prompt, "released", against.ours, against.gain))
    return told
