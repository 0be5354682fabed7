"""``painterkit train``: train a Painter from a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.folders import choose_out, locked_folder
from painter_kit.cli.launch import launch
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say
from painter_kit.cli.planned import check_hardware
from painter_kit.cli.train_plan import show_effort
from painter_kit.report.runs import TRAIN_NOTE

if TYPE_CHECKING:
    from painter_kit.tracking import Run
    from painter_kit.training.inputs import Inputs
    from painter_kit.training.recipe import TrainSettings
    from painter_kit.training.run import TrainResult


@click.command()
@options("data", "data_root", "checkpoint", "config", "set", "print_config", "device", "threads")
@options("seed", "out", "store", "resume", "overwrite", "plan", "devices", "throughput", "json")
@options("mlflow")
@click.option(
    "--recipe",
    "config",
    metavar="NAME",
    shell_complete=complete(completion.recipes),
    help="The same as --config.",
)
@click.option(
    "--task",
    metavar="NAME",
    shell_complete=complete(completion.tasks),
    help="Train this task alone.",
)
@click.option("--freeze", multiple=True, metavar="PATTERN", help="Parameters to leave as they are.")
@click.option(
    "--dry-run", is_flag=True, help="Build everything, run two updates, say what it takes."
)
@click.option(
    "--consume",
    type=click.FloatRange(min=0, min_open=True),
    metavar="RATE",
    help="With --dry-run: how many data workers does this rate (samples/s) need?",
)
def command(**flags: Any) -> None:
    """Train a Painter; the same command under torchrun uses many processes and machines.

    Examples:

    painterkit train --recipe world-tiny --out runs/tiny

    painterkit train --recipe finetune-one-gpu --data folder:my/pairs --task depth \\
        --checkpoint painter_vit_large.pth --out runs/mine
    """
    from painter_kit.cli.runtime import check_device
    from painter_kit.distributed import launched, rank, world_size
    from painter_kit.training.continuation import check_continuation
    from painter_kit.training.inputs import read_inputs
    from painter_kit.training.recipe import TrainSettings, advice, check_settings

    settings = resolve(TrainSettings, _as_settings(flags))
    check_settings(settings)
    if flags["consume"] and not flags["dry_run"]:
        raise click.UsageError("--consume belongs to --dry-run")
    check_hardware(flags)
    if rank() == 0 and not (launched() and settings.processes > 1):
        say(_plan(settings), as_json=not flags["plan"] or flags["as_json"])
        if advice(settings):
            say(advice(settings), as_json=True)
    if flags["plan"]:
        if rank() == 0:
            show_effort(settings, flags)
        return
    if flags["dry_run"]:
        _rehearse(settings, flags)
        return
    if launched() and world_size() != settings.processes:
        raise click.UsageError(
            f"{world_size()} processes were started but the recipe counts {settings.processes}; "
            f"add --set processes={world_size()}, and an accumulate that keeps the "
            f"{settings.samples_per_iteration} samples per update"
        )
    if launched() and flags["out"] is None:
        raise click.UsageError("give --out DIR when starting several processes with torchrun")
    out = flags["out"]
    flags["resume"] = flags["resume"] or _continues(settings, out, flags["overwrite"])
    if rank() == 0:
        out = choose_out(out, "train", flags["resume"], flags["overwrite"])
        if flags["resume"]:
            check_continuation(settings, out)
    inputs = None
    if not launched():
        check_device(flags["device"] or "auto")
        inputs = read_inputs(settings)  # what does not fit is refused before there is a folder
        if settings.processes > 1:
            del inputs  # the processes read their own
            launch(settings, out, flags["device"])
            return
    _train(settings, out, flags, inputs)


def _as_settings(flags: dict[str, Any]) -> dict[str, Any]:
    """The options under the names of the settings that they change."""
    named = {**flags, "init": flags["checkpoint"], "freeze": flags["freeze"] or None}
    if flags["task"]:
        named["mix"] = {flags["task"]: 1.0}
    return named


def _continues(settings: TrainSettings, out: Path | None, overwrite: bool) -> bool:
    """Whether the recipe wants to go on with what is there, and something is."""
    from painter_kit.training.state import STATE_FILE

    found = out is not None and (out / STATE_FILE).is_file()
    return settings.auto_resume and found and not overwrite


def _plan(settings: TrainSettings) -> str:
    samples = settings.iterations * settings.samples_per_iteration
    length = f"{settings.iterations} iterations x {settings.samples_per_iteration} samples"
    if settings.epochs is not None:
        length, samples = f"{settings.epochs:g} epochs, {settings.samples_per_iteration}", 0
    total = f" = {samples} samples" if samples else " samples per iteration"
    start = settings.init or settings.init_mae
    return (
        f"train {settings.model} on {settings.data}: {length}{total}, "
        f"{settings.processes} process(es) of {settings.threads} thread(s), "
        f"tasks {', '.join(settings.trained)}" + (f", from {start}" if start else "")
    )


def _rehearse(settings: TrainSettings, flags: dict[str, Any]) -> None:
    from painter_kit.cli.runtime import use_device
    from painter_kit.distributed import own_device, rank
    from painter_kit.evaluation.store import default_store_dir
    from painter_kit.training.rehearsal import rehearse

    device = use_device(own_device(flags["device"] or "auto"), threads=settings.threads)
    cache = default_store_dir(flags["store"]) / "world"
    found = rehearse(settings, flags["out"] or Path("runs"), cache, device, flags["consume"])
    if rank():
        return
    say(found.text, as_json=flags["as_json"])
    if flags["as_json"]:
        emit(found.to_json())


def _train(
    settings: TrainSettings, out: Path, flags: dict[str, Any], inputs: Inputs | None
) -> None:
    from painter_kit.cli.runtime import use_device
    from painter_kit.config import dump_config
    from painter_kit.distributed import own_device, rank
    from painter_kit.evaluation.store import default_store_dir
    from painter_kit.files import write_text
    from painter_kit.training.continuation import CONFIG_FILE
    from painter_kit.training.run import train

    device = use_device(own_device(flags["device"] or "auto"), threads=settings.threads)
    cache = default_store_dir(flags["store"]) / "world"
    if rank():
        train(settings, out, cache, device, flags["resume"])
        return
    with locked_folder(out, "train", flags["overwrite"]):
        write_text(out / CONFIG_FILE, dump_config(settings))
        with _tracked(out, settings, flags) as run:
            run.artifact(out / CONFIG_FILE)
            result = train(settings, out, cache, device, flags["resume"], run, inputs)
    _tell(result, run.run_id, flags["as_json"])


@contextmanager
def _tracked(out: Path, settings: TrainSettings, flags: dict[str, Any]) -> Iterator[Run]:
    """The MLflow run, whose id stays in ``out`` so that a resumed training continues it."""
    from painter_kit.files import write_text
    from painter_kit.tracking import start_tracking

    note = out / TRAIN_NOTE
    known = note.read_text(encoding="utf-8").strip() if note.is_file() else None
    resume = known if flags["resume"] else None
    name = f"train {settings.model}"
    tracking = start_tracking(flags["mlflow"])
    load = settings.system_metrics
    with tracking.run("train", name, resume=resume, system_metrics=load) as run:
        if run.run_id:
            write_text(note, f"{run.run_id}\n")
        yield run


def _tell(result: TrainResult, run_id: str | None, as_json: bool) -> None:
    validation = result.card.validation if result.card else None
    lines = [
        f"{result.samples} samples in {result.iterations} iterations, {result.seconds:.0f} s",
        f"weights {result.weights}",
        f"model {result.model_digest}",
    ]
    if validation:
        lines += ["", validation.table]
        if validation.switching:
            share = validation.switching.share
            lines.append(f"outputs nearest to the prompted task's target: {share:.1%}")
    say("\n".join(lines), as_json=as_json)
    if as_json:
        emit(
            {
                "weights": result.weights,
                "model_digest": result.model_digest,
                "iterations": result.iterations,
                "samples": result.samples,
                "seconds": result.seconds,
                "validation": validation.to_json() if validation else None,
                "run_id": run_id,
            }
        )
