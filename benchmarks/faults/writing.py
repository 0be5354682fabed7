"""Kills of store writers, two of which write to one store at the same time."""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.faults.case import Campaign, Case, Outcome
from benchmarks.faults.kills import Kill
from benchmarks.faults.processes import Process, last_line
from benchmarks.faults.writer import PUT, batch_of, keys_of
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.store import Store, pack_record

NAME = "store writer"
WRITERS = 2
CHAIN = 20  # kills on one store at most
BATCHES = 300  # written for every kill
LONGEST = 0.4  # seconds that a writer writes before it is killed


def kill_writers(campaign: Campaign, kills: int, seed: int) -> None:
    """Stores whose writers are killed, until so many were."""
    done, chain = 0, 0
    while done < kills:
        chain += 1
        most, key = min(CHAIN, kills - done), (seed, chain)

        def run(folder: Path, most: int = most, key: tuple[int, ...] = key) -> Outcome:
            return kill_on_store(folder, most, np.random.default_rng(key))

        done += campaign.result(Case(NAME, f"store-writer-{chain:02}", run)).faults


def kill_on_store(
    folder: Path, most: int, rng: np.random.Generator, each: int = BATCHES
) -> Outcome:
    """Kill one of two writers again and again while the other goes on; then let both finish.

    They write ``each`` batches for every kill.
    """
    batches = most * each
    kills: list[Kill] = []
    with ExitStack() as stack:
        writers = [_start(folder, who, 0, batches, stack) for who in range(WRITERS)]
        for number in range(1, most + 1):
            who = int(rng.integers(WRITERS))
            victim, wait = writers[who], float(rng.uniform(0, LONGEST))
            if number % 5:  # else at any moment from its start on
                victim.wait_until(lambda said: PUT in said)
            time.sleep(wait)
            if not victim.running:
                break
            victim.kill()
            lost = check(folder, victim.said, who, batches)
            kills.append(_kill(victim, wait, lost))
            writers[who] = _start(folder, who, number, batches, stack)
        failed = [writer for writer in writers if writer.wait()]
        if failed:
            return Outcome(len(kills), 0, wrong=last_line(failed[0].said))
    wrong = "" if _contents(folder) == _expected(batches) else "records differ"
    good = 0 if wrong else sum(kill.good for kill in kills)
    if good < len(kills) and not wrong:
        wrong = "a batch whose put had returned was lost, or one was kept in part"
    return Outcome(len(kills), good, wrong=wrong, data={"kills": [asdict(k) for k in kills]})


def _start(folder: Path, who: int, number: int, batches: int, stack: ExitStack) -> Process:
    command = [sys.executable, "-m", "benchmarks.faults.writer", "--store", str(folder / "store")]
    command += ["--first", str(who), "--step", str(WRITERS), "--count", str(batches)]
    process = Process(command, folder, folder / f"log-{who}-{number}.txt")
    stack.callback(process.kill)
    return process


def _kill(victim: Process, wait: float, lost: int) -> Kill:
    after = round(victim.seconds, 2)
    return Kill(round(wait, 2), after, {"batches": lost}, {"batches": 0}, same=True, valid=True)


def check(folder: Path, said: str, who: int, batches: int) -> int:
    """How many batches whose put had returned are not there whole, or are there in part.

    The other writer goes on meanwhile. Raises when the store cannot be opened or is damaged.
    """
    put = [int(line.removeprefix(PUT)) for line in said.splitlines() if line.startswith(PUT)]
    latest = put[-1] if put else who - WRITERS
    nexts = [latest + WRITERS] if latest + WRITERS < batches else []
    lost = 0
    with Store(folder / "store") as store:
        for batch in (*put, *nexts):
            found = store.get_many(keys_of(batch))
            whole = {key: pack_record(record) for key, record in found.items()} == {
                key: pack_record(record) for key, record in batch_of(batch).items()
            }
            lost += not (whole or (batch in nexts and not found))
    with closing(sqlite3.connect(folder / "store" / "records.sqlite")) as database:
        if database.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise PainterKitError(f"store in {folder} is damaged")
    return lost


def _contents(folder: Path) -> dict[bytes, bytes]:
    with closing(sqlite3.connect(folder / "store" / "records.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(database.execute("SELECT key, record FROM records").fetchall())


def _expected(batches: int) -> dict[bytes, bytes]:
    made = (batch_of(batch) for batch in range(batches))
    return {key: pack_record(record) for one in made for key, record in one.items()}
