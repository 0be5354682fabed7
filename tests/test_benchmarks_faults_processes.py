"""Processes with a log that can be watched and killed, with what they have started."""

import sys
import time
from pathlib import Path

from benchmarks.faults.processes import below, last_line, run, runs, started

CODE = "import subprocess, sys, time; print('begun', flush=True); "
SLEEPS = CODE + "time.sleep(600)"
STARTS = f"{CODE}subprocess.run([sys.executable, '-c', {SLEEPS!r}])"


def test_output_and_exit_code(tmp_path: Path):
    code, said = run([sys.executable, "-c", f"{CODE}sys.exit(3)"], tmp_path, tmp_path / "log")
    assert (code, said) == (3, "begun\n")


def test_waiting_ends_with_the_process(tmp_path: Path):
    with started([sys.executable, "-c", CODE], tmp_path, tmp_path / "log") as process:
        assert not process.wait_until(lambda said: "never" in said)
        assert process.wait() == 0
    with started([sys.executable, "-c", SLEEPS], tmp_path, tmp_path / "log") as process:
        assert process.wait_until(lambda said: "begun" in said)
        assert process.running
    assert process.wait() == -9


def test_a_kill_takes_what_was_started(tmp_path: Path):
    with started([sys.executable, "-c", STARTS], tmp_path, tmp_path / "log") as process:
        process.wait_until(lambda said: said.count("begun") == 2)
        (inner,) = below(process.pid)
        assert runs(inner)
    until = time.monotonic() + 10
    while runs(inner):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert below(process.pid) == []


def test_the_last_words_are_for_people():
    assert last_line('a\nError: b\n{"json": 1}\n\n') == "Error: b"
    assert last_line("") == ""
