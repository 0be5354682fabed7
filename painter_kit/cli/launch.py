"""Starting the processes of a training on this machine, and ending them as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from painter_kit.errors import InputError, PainterKitError

if TYPE_CHECKING:
    from painter_kit.training.recipe import TrainSettings

# Saving a large model's state takes a while after the wish to stop.
SHUTDOWN_SECONDS = "120"


def launch(settings: TrainSettings, out: Path, device: str | None) -> None:
    """Run this very command as a torchrun group on this machine.

    SIGTERM, SIGINT and a terminal's SIGHUP are passed on, so that the group saves and ends; that
    raises ``KeyboardInterrupt``. Raises ``InputError`` for more processes than the machine has GPUs
    (or cores, two at least), and ``PainterKitError`` when a process failed or was killed.
    """
    _check_processes(settings.processes, device)
    launcher = [sys.executable, "-m", "painter_kit.cli.torchrun", "--standalone"]
    launcher += [f"--nproc-per-node={settings.processes}", "-m", "painter_kit", *sys.argv[1:]]
    child = subprocess.Popen(
        [*launcher, "--out", str(out)],
        env={**os.environ, **_quiet(settings.threads)},
        start_new_session=True,  # a terminal's Ctrl-C reaches the workers once, passed on
    )
    asked = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        child.send_signal(signal.SIGTERM)  # torchrun passes it on to the workers

    before = {n: signal.signal(n, pass_on) for n in _heard()}
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt
    if code:
        raise PainterKitError(
            f"a training process failed or was killed (exit code {code}; the reason stands above); "
            f"a state that was saved in {out} is whole: add --resume to continue from it"
        )


def _heard() -> list[int]:
    """The signals that ask to stop; SIGHUP unless nohup has had it ignored."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGTERM, signal.SIGINT, *([] if ignored else [signal.SIGHUP])]


def _check_processes(processes: int, device: str | None) -> None:
    import torch

    gpus = torch.cuda.device_count() if device != "cpu" and torch.cuda.is_available() else 0
    most, what = (gpus, "GPUs") if gpus else (max(2, os.cpu_count() or 1), "CPU cores")
    if processes > most:
        raise InputError(
            f"the recipe counts {processes} processes but this machine has {most} {what}; start it "
            f"with torchrun on every machine, or --set processes={most} with an accumulate that "
            "keeps the samples per update (docs/training.md)"
        )


def _quiet(threads: int) -> dict[str, str]:
    """Environment of the workers."""
    return {
        "OMP_NUM_THREADS": str(threads),
        # Spinning OpenMP threads would take the cores from the other processes.
        "GOMP_SPINCOUNT": "0",
        "TORCH_CPP_LOG_LEVEL": "ERROR",
        # Large buffers are kept, not given back and faulted in anew at every step.
        "MALLOC_MMAP_THRESHOLD_": "1073741824",
        "MALLOC_TRIM_THRESHOLD_": "1073741824",
        "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": os.environ.get(
            "TORCH_ELASTIC_SHUTDOWN_TIMEOUT", SHUTDOWN_SECONDS
        ),
    }
