"""All cases of all readers in a few processes; what is done is written down and not repeated."""

from __future__ import annotations

import json
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from benchmarks.bad_input.case import FAILURE, WAIT, Outcome
from benchmarks.bad_input.table import get_reader
from benchmarks.bad_input.worker import serve
from painter_kit.errors import InputError
from painter_kit.files import write_text

CHUNK = 200  # cases that are written down together
SILENCE = 2 * WAIT  # after which a process is taken to hang
ENDING = 5.0  # seconds that a process may take to be gone
START = 300.0  # seconds that a process may take until it is ready
SHARED_MEMORY = Path("/dev") / "shm"  # where small files cost little


@dataclass(frozen=True)
class Chunk:
    """Cases ``first`` to ``end`` of a reader."""

    reader: str
    first: int
    end: int


@dataclass
class Worker:
    """A process and what it is at: ``waiting`` is the case whose outcome is not known yet,
    ``again`` the one that ended the process before this one."""

    process: Any
    pipe: Any
    chunk: Chunk | None = None
    waiting: int = 0
    again: int = -1
    heard: float = field(default_factory=time.monotonic)
    outcomes: list[Outcome] = field(default_factory=list)


def make_samples(folder: Path, names: Callable[[], list[str]] | list[str]) -> None:
    """The valid inputs of the readers; those that are there stay."""
    for name in names() if callable(names) else names:
        place = folder / name
        if not place.is_dir():
            fresh = folder / f".{name}"
            fresh.mkdir(parents=True)
            get_reader(name).sample(fresh)
            fresh.rename(place)


def chunks(cases: dict[str, int], done: list[Chunk]) -> deque[Chunk]:
    """What is left to do, readers in turn."""
    known = {(c.reader, c.first) for c in done}
    left = [
        Chunk(name, first, min(first + CHUNK, count))
        for name, count in cases.items()
        for first in range(0, count, CHUNK)
    ]
    return deque(c for c in sorted(left, key=lambda c: c.first) if (c.reader, c.first) not in known)


class Journal:
    """``done.jsonl`` in the output folder: a line per finished chunk with all its outcomes."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.path = folder / "done.jsonl"
        note = folder / "campaign.json"
        if note.is_file() and json.loads(note.read_text(encoding="utf-8")) != settings:
            raise InputError(f"--out {folder} holds another campaign; use another folder")
        write_text(note, json.dumps(settings) + "\n")

    def outcomes(self) -> list[tuple[Chunk, list[Outcome]]]:
        """What was written down, but for chunks in which something failed, since that may have been
        mended; a line that was cut by a kill counts as not done."""
        if not self.path.is_file():
            return []
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                continue
            chunk = Chunk(**value["chunk"])
            outcomes = [Outcome(**{"reader": chunk.reader, **o}) for o in value["cases"]]
            if all(outcome.outcome != FAILURE for outcome in outcomes):
                found.append((chunk, outcomes))
        return found

    def add(self, chunk: Chunk, outcomes: list[Outcome]) -> None:
        """Write a chunk down; of inputs that are no failures only the figures."""
        told = ("number", "outcome", "seconds", "megabytes")
        cases = [
            {k: v for k, v in asdict(o).items() if k in told or o.outcome == FAILURE}
            for o in outcomes
        ]
        line = json.dumps({"chunk": asdict(chunk), "cases": cases})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}" if _cut(self.path) else line)
            file.write("\n")


def _cut(path: Path) -> bool:
    """Whether the last line of a file was not finished."""
    content = path.read_bytes()[-1:] if path.is_file() else b""
    return content not in (b"", b"\n")


class Campaign:
    """Runs chunks in ``processes`` processes; one that hangs or dies is replaced."""

    def __init__(self, samples: Path, place: Path, seed: int, processes: int) -> None:
        self.samples, self.place, self.seed, self.processes = samples, place, seed, processes
        self._started = 0

    def run(self, left: deque[Chunk]) -> Iterator[tuple[Chunk, list[Outcome]]]:
        """Every chunk with its outcomes, in the order in which they end."""
        workers = [self._start() for _ in range(min(self.processes, max(1, len(left))))]
        try:
            for worker in workers:
                self._ask(worker, left)
            while any(worker.chunk for worker in workers):
                wait([worker.pipe for worker in workers if worker.chunk], timeout=1.0)
                for place, worker in enumerate(workers):
                    if worker.chunk is None:
                        continue
                    if not self._listen(worker):
                        worker = workers[place] = self._replaced(worker)
                    chunk = worker.chunk
                    if chunk and worker.waiting == chunk.end:
                        yield chunk, worker.outcomes
                        self._ask(worker, left)
        finally:
            for worker in workers:
                _end(worker)

    def _start(self) -> Worker:
        self._started += 1
        here, there = get_context("spawn").Pipe()
        place = self.place / str(self._started)
        process = get_context("spawn").Process(
            target=serve, args=(there, self.samples, place, self.seed), daemon=True
        )
        process.start()
        there.close()
        return Worker(process, here)

    def _ask(self, worker: Worker, left: deque[Chunk]) -> None:
        worker.chunk = left.popleft() if left else None
        worker.outcomes = []
        if worker.chunk:
            self._send(worker, worker.chunk, worker.chunk.first)

    def _send(self, worker: Worker, chunk: Chunk, first: int) -> None:
        worker.waiting, worker.heard = first, time.monotonic() + START
        worker.pipe.send((chunk.reader, first, chunk.end))

    def _listen(self, worker: Worker) -> bool:
        """Take what there is to hear; False when the process hangs or has died."""
        try:
            while worker.pipe.poll():
                if outcome := worker.pipe.recv():
                    worker.outcomes.append(outcome)
                    worker.waiting += 1
                worker.heard = time.monotonic()
        except (EOFError, ConnectionError):
            return False
        return time.monotonic() - worker.heard < SILENCE

    def _replaced(self, worker: Worker) -> Worker:
        """A fresh process for the rest of the chunk.

        The case that ended the old one is run again, as others end processes too, where memory
        runs short; when it ends the second one, it has failed.
        """
        chunk, place = worker.chunk, worker.waiting
        assert chunk is not None
        worker.process.join(ENDING)
        reason = f"exit {worker.process.exitcode}"
        if worker.process.is_alive():
            reason = f"no end after {SILENCE:.0f} s"
        _end(worker)
        fresh, outcomes = self._start(), list(worker.outcomes)
        if worker.again == place:
            reason = f"the process died twice: {reason}"
            outcomes.append(Outcome(chunk.reader, place, FAILURE, reason=reason))
        first = chunk.first + len(outcomes)
        fresh.chunk, fresh.outcomes, fresh.again = chunk, outcomes, place
        if first < chunk.end:
            self._send(fresh, chunk, first)
        fresh.waiting = first
        return fresh


def _end(worker: Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


@contextmanager
def working_folder() -> Iterator[Path]:
    """A folder for the cases, in shared memory where there is some."""
    base = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=base, prefix="bad-input-") as folder:
        yield Path(folder)
