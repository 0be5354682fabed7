"""A training group that is asked to stop: in words, with its state saved, and resumed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.case import Case, Outcome
from benchmarks.faults.kills import Whole
from benchmarks.faults.processes import POLL, below, last_line, run, runs, started
from benchmarks.faults.results import difference, digests
from benchmarks.faults.victims import Victim

STOPPED = "training group stopped"
ENDS_WITHIN = 120.0  # seconds


@dataclass(frozen=True)
class Stop:
    """A signal to the command, or to ``everyone`` of its processes; with which ``code`` it ends."""

    number: signal.Signals
    everyone: bool
    code: int


# As a time limit, a terminal or batch system, and somebody who kills the command alone do it.
STOPS = (
    Stop(signal.SIGTERM, False, 130),
    Stop(signal.SIGINT, True, 130),
    Stop(signal.SIGKILL, False, -signal.SIGKILL),
)


def stop_cases(group: Victim, whole: Whole) -> Iterator[Case]:
    """Every way to stop the group."""
    for stop in STOPS:

        def tried(folder: Path, stop: Stop = stop) -> Outcome:
            return stop_group(group, whole, folder, stop)

        yield Case(STOPPED, f"stopped-{stop.number.name}", tried)


def stop_group(group: Victim, whole: Whole, folder: Path, stop: Stop) -> Outcome:
    """Send the signal when training has begun, read what is said, resume and compare."""
    with started(group.command(folder), folder, folder / "log-stopped.txt") as process:
        process.wait_until(lambda said: group.lines(said) >= 2)
        others = below(process.pid)
        for pid in (process.pid, *(others if stop.everyone else ())):
            os.kill(pid, stop.number)
        code, alive = process.wait(), _outlasting(others)
        said = process.said
    told = next((line for line in said.splitlines() if "stopped by" in line), last_line(said))
    told = told.replace(f"{folder}/", "")
    if code != stop.code or "Traceback" in said or "continue with --resume" not in told or alive:
        return Outcome(1, 0, told, wrong=f"exit code {code}, {alive} processes go on: {told}")
    lost = len(group.measures[0].begun(said)) - group.kept(folder)["iterations"]
    code, said = run(group.command(folder), folder, folder / "log-resumed.txt")
    wrong = f"not resumed: {last_line(said)}" if code else f"{lost} iterations lost" * (lost > 0)
    wrong = wrong or difference(digests(folder / "run"), digests(whole.folder / "run"))
    return Outcome(1, 0 if wrong else 1, told, wrong=wrong)


def _outlasting(pids: list[int]) -> int:
    """How many of the processes still run after a while."""
    until = time.monotonic() + ENDS_WITHIN
    while (alive := sum(runs(pid) for pid in pids)) and time.monotonic() < until:
        time.sleep(POLL)
    return alive
