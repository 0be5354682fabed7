"""``painterkit train``: train a Painter from a recipe."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out, locked_folder
from painter_kit.cli.options import options, resolve
from painter_kit.cli.output import emit, say

if TYPE_CHECKING:
    from painter_kit.training.recipe import TrainSettings


@click.command()
@options("config", "set", "print_config", "device", "seed", "out", "store", "resume", "overwrite")
@options("plan", "json")
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
    return subprocess.run([*launcher, "--out", str(out)], env={**os.environ, **quiet}).returncode


def _train(settings: TrainSettings, out: Path, flags: dict[str, Any]) -> None:
    from painter_kit.cli.runtime import use_device
    from painter_kit.config import dump_config
    from painter_kit.evaluation.store import default_store_dir
    from painter_kit.files import write_text
    from painter_kit.training.distributed import rank
    from painter_kit.training.run import train

    device = use_device(flags["device"] or "auto", threads=settings.threads)
    first = rank() == 0
    folder = locked_folder(out, "train", flags["overwrite"]) if first else nullcontext()
    with folder:
        if first:
            write_text(out / "config.yaml", dump_config(settings))
        cache = default_store_dir(flags["store"]) / "world"
        result = train(settings, out, cache, device, flags["resume"])
    if not first:
        return
    say(
        f"\n{result.samples} samples in {result.iterations} iterations, this sitting "
        f"{result.seconds:.0f} s\nweights {result.weights}\nmodel {result.model_digest}",
        as_json=flags["as_json"],
    )
    if flags["as_json"]:
        emit(
            {
                "weights": result.weights,
                "model_digest": result.model_digest,
                "iterations": result.iterations,
                "samples": result.samples,
                "seconds": result.seconds,
            }
        )
