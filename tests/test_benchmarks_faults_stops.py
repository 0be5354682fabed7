"""Ways to stop a group, and who goes on afterwards."""

import subprocess
import sys

import pytest

from benchmarks.faults import stops
from benchmarks.faults.stops import STOPS, _outlasting


def test_every_stop_has_its_exit_code():
    assert {stop.number.name: stop.code for stop in STOPS} == {
        "SIGTERM": 130,
        "SIGINT": 130,
        "SIGKILL": -9,
    }


def test_processes_that_go_on_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stops, "ENDS_WITHIN", 0.2)
    sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert _outlasting([sleeping.pid, 2**22 + 1]) == 1
    finally:
        sleeping.kill()
    assert _outlasting([sleeping.pid]) == 0  # dead, though nobody has asked for its exit code
    sleeping.wait()
