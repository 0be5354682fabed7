"""torchrun for ``launch``, as a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WAITS = "import sys, time; print('ready', flush=True); time.sleep(600)"


def start(folder: Path, code: str) -> subprocess.Popen[str]:
    script = folder / "worker.py"
    script.write_text(code)
    command = [sys.executable, "-m", "painter_kit.cli.torchrun", "--standalone"]
    return subprocess.Popen(
        [*command, "--nproc-per-node=1", str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_stopped_group_ends_without_a_traceback(tmp_path: Path):
    job = start(tmp_path, WAITS)
    assert job.stdout
    assert job.stdout.readline() == "ready\n"
    job.send_signal(signal.SIGTERM)
    _, errors = job.communicate(timeout=120)
    assert job.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in errors


@pytest.mark.slow
def test_a_failed_process_fails_the_group_without_a_traceback(tmp_path: Path):
    job = start(tmp_path, "raise SystemExit(7)")
    _, errors = job.communicate(timeout=120)
    assert job.returncode == 1
    assert "exitcode: 7" in errors
    assert "Traceback" not in errors


@pytest.mark.slow
def test_a_group_that_ends_well(tmp_path: Path):
    job = start(tmp_path, "print('done')")
    out, _ = job.communicate(timeout=120)
    assert (job.returncode, out) == (0, "done\n")
