"""Commands as processes with a log, watched so that they can be killed at a moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POLL = 0.02  # seconds


def environment(**more: str) -> dict[str, str]:
    """That of a command that runs from any folder, alone on its core, without sending anything."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    own = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return {**os.environ, **own, **more}


@dataclass(frozen=True)
class Pace:
    """Seconds before the first line of work, between two, and after the last."""

    start: float
    block: float
    tail: float


class Process:
    """A command that runs in ``folder``, all its output in ``log``."""

    def __init__(self, command: Sequence[str], folder: Path, log: Path, **more: str) -> None:
        self.log, self.began = log, time.monotonic()
        with log.open("w", encoding="utf-8") as file:
            self._popen = subprocess.Popen(
                command, cwd=folder, stdout=file, stderr=file, env=environment(**more)
            )
        self.pid = self._popen.pid

    @property
    def said(self) -> str:
        """Its output so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.began

    def wait(self) -> int:
        """Its exit code when it has ended."""
        return self._popen.wait()

    def kill(self) -> None:
        """SIGKILL to it and all that it has started, and wait until it is gone."""
        if not self.running:  # its number may be another's by now
            return
        started = below(self.pid)
        self._popen.kill()
        self._popen.wait()
        for pid in started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Send a signal."""
        self._popen.send_signal(number)

    def wait_until(self, there: Callable[[str], bool]) -> bool:
        """Wait for output that is ``there``; False if the process has ended before."""
        while self.running:
            if there(self.said):
                return True
            time.sleep(POLL)
        return False


@contextmanager
def started(command: Sequence[str], folder: Path, log: Path, **more: str) -> Iterator[Process]:
    """A process that does not outlive the block."""
    process = Process(command, folder, log, **more)
    try:
        yield process
    finally:
        process.kill()


def run(command: Sequence[str], folder: Path, log: Path, **more: str) -> tuple[int, str]:
    """Exit code and output of a command that is left in peace."""
    with started(command, folder, log, **more) as process:
        code = process.wait()
        return code, process.said


def children(pid: int) -> list[int]:
    """Processes that this one has started, by ``/proc``; none when it is gone."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sorted(int(one) for task in tasks for one in (task / "children").read_text().split())
    except OSError:
        return []


def below(pid: int) -> list[int]:
    """Processes that this one and those that it has started have started."""
    found = children(pid)
    return [*found, *(one for child in found for one in below(child))]


def runs(pid: int) -> bool:
    """Whether there is such a process and it is not dead, waiting to be asked for its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def last_line(said: str) -> str:
    """What a program said last, for people."""
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("{")]
    return lines[-1] if lines else ""
