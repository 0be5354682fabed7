"""``painterkit train``: train a Painter from a recipe."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out, locked_folder
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say

if TYPE_CHECKING:
    from painter_kit.tracking import Run
    from painter_kit.training.recipe import TrainSettings
    from painter_kit.training.run import TrainResult

RUN_ID = "mlflow_run_id"


@click.command()
@options("config", "set", "print_config", "device", "seed", "out", "store", "resume", "overwrite")
@options("plan", "json", "mlflow")
@click.option("--recipe", "config", metavar="NAME", help="The same as --config.")
def command(**flags: Any) -> None:
    """Train a Painter; the same command under torchrun uses many processes.

    Example: painterkit train --recipe world-tiny --out runs/tiny
    """
    from painter_kit.training.distributed import launched, rank, world_size
    from painter_kit.training.recipe import TrainSettings, check_settings

    settings = resolve(TrainSettings, flags)
    check_settings(settings)
    if rank() == 0 and not (launched() and settings.processes > 1):
        say(_plan(settings), as_json=not flags["plan"] or flags["as_json"])
    if flags["plan"]:
        return
    if launched() and world_size() != settings.processes:
        raise click.UsageError(
            f"{world_size()} processes were started but the recipe counts {settings.processes}; "
            f"add --set processes={world_size()}"
        )
    if launched() and flags["out"] is None:
        raise click.UsageError("give --out DIR when starting several processes with torchrun")
    out = flags["out"]
    if rank() == 0:
        out = choose_out(out, "train", flags["resume"], flags["overwrite"])
    if settings.processes > 1 and not launched():
        raise SystemExit(_relaunch(settings.processes, settings.threads, out))
    _train(settings, out, flags)


def _plan(settings: TrainSettings) -> str:
    samples = settings.iterations * settings.samples_per_iteration
    return (
        f"train {settings.model} on {settings.data}: {settings.iterations} iterations x "
        f"{settings.samples_per_iteration} samples = {samples} samples, "
        f"{settings.processes} process(es) of {settings.threads} thread(s)"
    )


def _relaunch(processes: int, threads: int, out: Path) -> int:
    """Run this very command as a torchrun group on this machine; returns its exit code."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    launcher += [f"--nproc-per-node={processes}", "-m", "painter_kit", *sys.argv[1:]]
    # Spinning OpenMP threads would take the cores from the other processes.
    quiet = {"OMP_NUM_THREADS": str(threads), "GOMP_SPINCOUNT": "0", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    # Large buffers are kept, not given back and faulted in anew at every step.
    quiet |= {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824"}
    return subprocess.run([*launcher, "--out", str(out)], env={**os.environ, **quiet}).returncode


def _train(settings: TrainSettings, out: Path, flags: dict[str, Any]) -> None:
    from painter_kit.cli.runtime import use_device
    from painter_kit.config import dump_config
    from painter_kit.evaluation.store import default_store_dir
    from painter_kit.files import write_text
    from painter_kit.training.distributed import rank
    from painter_kit.training.run import train

    device = use_device(flags["device"] or "auto", threads=settings.threads)
    cache = default_store_dir(flags["store"]) / "world"
    if rank():
        train(settings, out, cache, device, flags["resume"])
        return
    with locked_folder(out, "train", flags["overwrite"]):
        write_text(out / "config.yaml", dump_config(settings))
        with _tracked(out, settings, flags) as run:
            run.artifact(out / "config.yaml")
            result = train(settings, out, cache, device, flags["resume"], run)
    _tell(result, run.run_id, flags["as_json"])


@contextmanager
def _tracked(out: Path, settings: TrainSettings, flags: dict[str, Any]) -> Iterator[Run]:
    """The MLflow run, whose id stays in ``out`` so that a resumed training continues it."""
    from painter_kit.files import write_text
    from painter_kit.tracking import start_tracking

    note = out / RUN_ID
    known = note.read_text(encoding="utf-8").strip() if note.is_file() else None
    resume = known if flags["resume"] else None
    name = f"train {settings.model}"
    with start_tracking(flags["mlflow"]).run("train", name, resume=resume) as run:
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
