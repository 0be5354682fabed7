"""torchrun for ``launch``, as a process of its own."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.torchrun import ENVIRONMENT

WAITS = "import sys, time; print('ready', flush=True); time.sleep(600)"


def start(folder: Path, code: str) -> subprocess.Popen[str]:
    script = folder / "worker.py"
    script.write_text(code)
    command = [sys.executable, "-m", "painter_kit.cli.torchrun", "--standalone"]
    return subprocess.Popen(
        [*command, "--nproc-per-node=1", str(script)],
        env=ENVIRONMENT,
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
def test_a_group_ends_with_the_process_that_started_it(tmp_path: Path):
    """Which cannot pass SIGKILL on."""
    code = (
        "import pathlib, signal, sys, time\n"
        f"note = pathlib.Path({str(tmp_path / 'note')!r})\n"
        "signal.signal(signal.SIGTERM, lambda *_: (note.write_text('ended'), sys.exit()))\n"
        "note.write_text('begun'); time.sleep(600)\n"
    )
    script = tmp_path / "worker.py"
    script.write_text(code)
    inner = [sys.executable, "-m", "painter_kit.cli.torchrun", "--standalone", str(script)]
    starter = f"import subprocess; subprocess.run({inner!r}, start_new_session=True)"
    parent = subprocess.Popen([sys.executable, "-c", starter], env=ENVIRONMENT)
    wait_for(tmp_path / "note", "begun")
    parent.kill()
    wait_for(tmp_path / "note", "ended")


def wait_for(note: Path, text: str) -> None:
    for _ in range(1200):
        if note.is_file() and note.read_text() == text:
            return
        time.sleep(0.1)
    raise AssertionError(f"{note} does not say {text}")


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
