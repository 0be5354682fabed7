"""A tracking server that is killed during a run, and the run logged later."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from benchmarks.faults.case import Case, Outcome
from benchmarks.faults.kills import Whole
from benchmarks.faults.later import log_later
from benchmarks.faults.processes import environment, last_line, started
from benchmarks.faults.results import difference, digests
from benchmarks.faults.victims import Victim
from painter_kit.errors import PainterKitError

LOST = "tracking server lost"
STARTS_WITHIN = 300.0  # seconds


class Server:
    """``mlflow server`` on this machine with all its files in ``folder``; it can come back."""

    def __init__(self, folder: Path) -> None:
        from painter_kit.tracking.store import prepare_database

        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        prepare_database(folder / "mlflow.db")

    @contextmanager
    def up(self) -> Iterator[subprocess.Popen[bytes]]:
        """The server for the length of a block, in a process group of its own."""
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db"]
        command += ["--artifacts-destination", str(self.folder / "files")]
        command += ["--host", "127.0.0.1", "--port", self.address.rpartition(":")[2]]
        with (self.folder / "server.txt").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(process)
            yield process
        finally:
            kill_group(process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and process.poll() is None:
            try:
                with urlopen(f"{self.address}/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise PainterKitError(f"mlflow server did not start; see {self.folder / 'server.txt'}")


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and all that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def server_cases(wholes: Sequence[tuple[Victim, Whole]]) -> Iterator[Case]:
    """Every victim with a server that is killed when it has begun to work."""
    for victim, whole in wholes:

        def lose(folder: Path, victim: Victim = victim, whole: Whole = whole) -> Outcome:
            return lose_server(victim, whole, folder)

        yield Case(LOST, f"server-{victim.name}", lose)


def lose_server(victim: Victim, whole: Whole, folder: Path) -> Outcome:
    """Kill the server under a run, compare what the run leaves, log it to the server restarted."""
    server = Server(folder / "server")
    tracked = {"MLFLOW_TRACKING_URI": server.address}
    command = [word for word in victim.command(folder) if word != "--no-mlflow"]
    with server.up() as process, started(command, folder, folder / "log.txt", **tracked) as job:
        job.wait_until(lambda said: victim.lines(said) >= 2)
        kill_group(process)
        code, said = job.wait(), job.said
    told = [line for line in said.splitlines() if line.startswith("MLflow ")]
    words = told[0].replace(server.address, "http://...") if told else ""
    wrong = f"exit code {code}: {last_line(said)}" * bool(code)
    if len(told) != 1 or "is away" not in words:
        wrong = wrong or f"told {len(told)} times that the server was lost"
    wrong = wrong or difference(digests(folder / "run"), digests(whole.folder / "run"))
    if not wrong:
        with server.up():
            wrong = log_later(server.address, folder)
    return Outcome(1, 0 if wrong else 1, words, wrong=wrong)
