"""Kills of one process of a group under torchrun, which starts the group again by itself."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.faults.case import Campaign, Case, Outcome
from benchmarks.faults.kills import CHAIN, Kill, Whole, compared, undisturbed
from benchmarks.faults.processes import POLL, Process, children, last_line, started
from benchmarks.faults.victims import BATCH, MEASURING, WORKER, records_in

PROCESSES = 2
IN_FLIGHT = 4 * BATCH  # of the first process, whose lines are seen


def command(folder: Path, restarts: int = 0) -> list[str]:
    """The search by a group, which goes on by itself."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    launcher += [f"--nproc-per-node={PROCESSES}", f"--max-restarts={restarts}"]
    where = ["--store", str(folder / "store"), "--out", str(folder / "run")]
    return [*launcher, "-m", "painter_kit", *WORKER.args, *where]


def kill_workers(campaign: Campaign, kills: int, seed: int) -> None:
    """Groups that lose processes until so many were killed."""
    peace = campaign.work(f"{WORKER.name}-undisturbed")
    whole, done, chain = undisturbed(campaign, WORKER, command(peace)), 0, 0
    while done < kills:
        chain += 1
        most, key = min(CHAIN, kills - done), (seed, chain, PROCESSES)

        def run(folder: Path, most: int = most, key: tuple[int, ...] = key) -> Outcome:
            return kill_group(whole, folder, most, np.random.default_rng(key))

        done += campaign.result(Case(WORKER.name, f"{WORKER.name}-{chain:02}", run)).faults


def kill_group(whole: Whole, folder: Path, most: int, rng: np.random.Generator) -> Outcome:
    """One group that loses a process up to ``most`` times, and what it came to."""
    kills: list[Kill] = []
    kept, read, workers = 0, 0, []
    with started(command(folder, most), folder, folder / "log.txt") as group:
        while len(kills) < most and (workers := _new_workers(group, workers)):
            moment = round(float(rng.uniform(-1, whole.left({"examples": kept}) + 1)), 2)
            began = time.monotonic()
            if not _wait_for(group, read, moment, whole, kept):
                break
            before = kept
            os.kill(int(rng.choice(workers)), signal.SIGKILL)
            after = round(time.monotonic() - began, 1)
            lines = MEASURING.begun(group.said[read:])
            read, kept = len(group.said), len(records_in(folder))
            lost = {"examples": max(0, sum(lines) - (kept - before))}
            kills.append(Kill(moment, after, lost, {"examples": IN_FLIGHT}))
        if group.wait():
            wrong = last_line(group.said)
            return Outcome(max(1, len(kills)), 0, wrong=f"the group failed: {wrong}")
        said = group.said
    outcome = compared(kills, folder, whole)
    reused = _reused(said)
    if outcome.good and reused < kept:
        return Outcome(len(kills), 0, wrong=f"{kept} records were kept but {reused} used again")
    return outcome


def _new_workers(group: Process, before: list[int]) -> list[int]:
    """The group's processes when they are other ones than ``before``; none when it has ended."""
    while group.running:
        found = children(group.pid)
        if len(found) == PROCESSES and not set(found) & set(before):
            return found
        time.sleep(POLL)
    return []


def _wait_for(group: Process, read: int, moment: float, whole: Whole, kept: int) -> bool:
    """Wait for the moment since the log's place ``read``, as ``kills.wait_for`` does."""
    pace, left = whole.pace, whole.left({"examples": kept})
    if moment < 0:
        time.sleep((1 + moment) * pace.start)
        return group.running
    due = max(1, int(min(moment, left)))
    if not group.wait_until(lambda said: WORKER.lines(said[read:]) >= due):
        return False
    time.sleep(pace.block * (moment % 1) if moment <= left else pace.tail * (moment - left))
    return group.running


def _reused(said: str) -> int:
    found = re.findall(r'^\{"task".*\}$', said, re.M)
    return json.loads(found[-1])["forwards"]["reused"] if found else 0
