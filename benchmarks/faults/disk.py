"""Disks that fill up during the work and folders that cannot be written at all."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.case import Case, Outcome
from benchmarks.faults.kills import Whole
from benchmarks.faults.later import log_later
from benchmarks.faults.processes import last_line, run
from benchmarks.faults.results import difference, digests
from benchmarks.faults.victims import Victim, records_in
from painter_kit.errors import PainterKitError

FULL, READ_ONLY = "disk full", "read-only folder"
DISK_BYTES = 64 << 20


@dataclass(frozen=True)
class SmallDisk:
    """A file system in memory; ``fill`` leaves little of it, ``free`` gives it back."""

    folder: Path
    filler: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "filler", self.folder / ".filler")

    def fill(self, room: int) -> None:
        """Leave ``room`` bytes."""
        found = os.statvfs(self.folder)
        with self.filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, found.f_bavail * found.f_frsize - room))

    def free(self) -> None:
        """Make room again."""
        self.filler.unlink()

    def freeze(self) -> None:
        """Let nothing more be written."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A disk of its own at ``folder`` for the length of a block.

    Raises ``PainterKitError`` where none can be mounted.
    """
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        raise PainterKitError(" ".join(done.stderr.split()))
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def can_mount(folder: Path) -> str:
    """Why no small disk can be mounted here; empty when one can."""
    if os.geteuid():
        return "mounting a small disk needs root"
    try:
        with small_disk(folder / "try"):
            return ""
    except (PainterKitError, OSError) as error:
        return f"no small disk can be mounted here: {error}"


@dataclass(frozen=True)
class Full:
    """What is on the full disk: ``store`` or ``run``, with so many bytes of room, and which words
    tell of it. Room is chosen so that work has begun."""

    what: str
    room: int
    words: str


def full_cases(wholes: Sequence[tuple[Victim, Whole]]) -> Iterator[Case]:
    """Every victim with its folder, and the searcher with its store, on a disk that fills up."""
    told = "the disk is full"
    plans = {
        "searcher": [Full("store", 110_000, "disk of store"), Full("run", 30_000, told)],
        "tuner": [Full("run", 120_000, told)],
        "trainer": [Full("run", 300_000, told)],
        "evaluator": [Full("run", 60_000, told)],
    }
    for victim, whole in wholes:
        for full in plans.get(victim.name, ()):
            name = f"disk-full-{victim.name}-{full.what}"

            def fails(
                folder: Path, victim: Victim = victim, whole: Whole = whole, full: Full = full
            ) -> Outcome:
                return fill_up(victim, whole, full, folder)

            yield Case(FULL, name, fails)
    yield tracking_case(*next(one for one in wholes if one[0].name == "evaluator"))


def tracking_case(victim: Victim, whole: Whole) -> Case:
    """The victim with MLflow's database on a disk that fills up."""
    return Case(FULL, "disk-full-mlflow", lambda folder: fill_tracking(victim, whole, folder))


def fill_tracking(victim: Victim, whole: Whole, folder: Path) -> Outcome:
    """Run with MLflow on a full disk: the run finishes, says so, and is logged later."""
    from painter_kit.tracking.store import open_client, open_experiment

    if reason := can_mount(folder):
        return Outcome(0, 0, skipped=reason)
    with small_disk(folder / "disk") as disk:
        address = f"sqlite:///{disk.folder / 'mlflow.db'}"
        open_experiment(open_client(address), address)
        disk.fill(8_000)
        tracked = {"MLFLOW_TRACKING_URI": address}
        command = [word for word in victim.command(folder) if word != "--no-mlflow"]
        code, said = run(command, folder, folder / "log-full.txt", **tracked)
        told = [line for line in said.splitlines() if line.startswith("MLflow ")]
        wrong = f"exit code {code}: {last_line(said)}" * bool(code)
        wrong = wrong or "nothing was said of MLflow" * (not told)
        wrong = wrong or difference(digests(folder / "run"), digests(whole.folder / "run"))
        disk.free()
        wrong = wrong or log_later(address, folder)
    return Outcome(1, 0 if wrong else 1, told[0] if told else "", wrong=wrong)


def fill_up(victim: Victim, whole: Whole, full: Full, folder: Path) -> Outcome:
    """Run on a disk that fills up, read what is said, make room, resume and compare."""
    if reason := can_mount(folder):
        return Outcome(0, 0, skipped=reason)
    with small_disk(folder / "disk") as disk:
        where = {full.what: disk.folder / full.what}
        stored = disk.folder if full.what == "store" else folder
        disk.fill(full.room)
        code, said = run(victim.command(folder, **where), folder, folder / "log-full.txt")
        told = last_line(said).replace(f"{folder}/", "")
        if code != 1 or full.words not in told or "Traceback" in said:
            return Outcome(1, 0, told, wrong=f"exit code {code}: {told}")
        before = len(records_in(stored))
        disk.free()
        code, said = run(victim.command(folder, **where), folder, folder / "log-resumed.txt")
        if code:
            return Outcome(1, 0, told, wrong=f"not resumed: {last_line(said)}")
        out = where.get("run", folder / "run")
        wrong = difference(digests(out), digests(whole.folder / "run"))
        if records_in(stored) != records_in(whole.folder):
            wrong = wrong or "store not as undisturbed"
    data = {"records_kept": before}
    return Outcome(1, 0 if wrong else 1, told, wrong=wrong, data=data)


def read_only_cases(wholes: Sequence[tuple[Victim, Whole]]) -> Iterator[Case]:
    """Every victim with its folder, and the searcher with its store, where nothing is written."""
    for victim, _ in wholes:
        parts = ("run", "store") if victim.name == "searcher" else ("run",)
        for part in parts:

            def refuses(folder: Path, victim: Victim = victim, part: str = part) -> Outcome:
                return refuse(victim, part, folder)

            yield Case(READ_ONLY, f"read-only-{victim.name}-{part}", refuses)


def refuse(victim: Victim, part: str, folder: Path) -> Outcome:
    """Start on a read-only folder: it must say so as bad input and leave nothing."""
    with frozen(folder / "disk") as disk:
        if disk is None:
            return Outcome(0, 0, skipped="root writes everywhere and no small disk can be mounted")
        where = {"run": folder / "run", "store": folder / "store", part: disk / part}
        code, said = run(victim.start(**where), folder, folder / "log.txt")
        left = list(disk.iterdir())
    told = last_line(said).replace(f"{folder}/", "")
    good = code == 2 and part in told and "Traceback" not in said and not left
    return Outcome(1, int(good), told, wrong="" if good else f"exit code {code}: {told}")


@contextmanager
def frozen(folder: Path) -> Iterator[Path | None]:
    """A folder in which nothing can be made; None where that cannot be had."""
    if os.geteuid():
        folder.mkdir()
        folder.chmod(0o500)
        try:
            yield folder
        finally:
            folder.chmod(0o700)
        return
    if can_mount(folder.parent):
        yield None
        return
    with small_disk(folder) as disk:
        disk.freeze()
        yield folder
