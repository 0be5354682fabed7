"""Starting groups of processes as users do."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def launcher(processes: int, *options: str) -> list[str]:
    """The command before what each process runs."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return [*command, f"--nproc-per-node={processes}", *options]


def torchrun(processes: int, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the project, or with ``-m`` a module, as a group and wait for it."""
    what: Sequence[str] = (
        ["-m", script.removeprefix("-m ")] if script.startswith("-m ") else [str(ROOT / script)]
    )
    return subprocess.run(
        [*launcher(processes), *what, *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,
    )
