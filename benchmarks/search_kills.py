"""``python -m benchmarks.search_kills``: searches killed at random moments, resumed, checked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import numpy as np

from benchmarks.output import markdown_table
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text

BLOCK = 8
POLL = 0.02  # seconds
KILLS_PER_SEARCH = 4  # about twice as many, as moments are uniform up to this part of its blocks
SIZES = ("--pool", "24", "--select", "24", "--confirm", "16", "--test", "2", "--panel", "6")
MEASURING = re.compile(r"^measuring (\d+) examples$", re.MULTILINE)


@dataclass(frozen=True)
class Kill:
    """One process that was killed ``after`` so many seconds, at a ``moment`` drawn in blocks.

    ``begun`` examples were being measured, ``kept`` of them stood in the store afterwards; at
    most the ``lost`` ones are measured again. ``same_log`` and ``valid`` tell of the search when
    it was finished: its decisions against those of the undisturbed one, byte for byte, and its
    store, record by record.
    """

    kill: int
    search: int
    moment: float
    after: float
    begun: int
    kept: int
    lost: int
    same_log: bool = False
    valid: bool = False

    @property
    def good(self) -> bool:
        """Whether no more than one block was lost and the search came out as if undisturbed."""
        return 0 <= self.lost <= BLOCK and self.same_log and self.valid


@dataclass(frozen=True)
class Pace:
    """Seconds before the first block and of a block."""

    start: float
    block: float


@dataclass(frozen=True)
class Course:
    """How a process went: whether it came to its end, after how many ``seconds``, those before
    the ``first`` block, and how many examples of each block it began to measure."""

    finished: bool
    seconds: float
    first: float
    blocks: Sequence[int]

    @property
    def pace(self) -> Pace:
        """As this process went."""
        return Pace(self.first, (self.seconds - self.first) / max(1, len(self.blocks)))


@dataclass(frozen=True)
class Searcher:
    """A search of ``args`` in ``folder``, with a store of its own, continued by every process."""

    folder: Path
    args: tuple[str, ...]

    @property
    def decisions(self) -> bytes:
        """The log of the finished search."""
        return (self.folder / "run" / "decisions.jsonl").read_bytes()

    def run(self, moment: float | None = None, pace: Pace | None = None) -> Course:
        """Start or resume; kill at ``moment`` if it still runs.

        That is so many blocks after it begins to measure, at ``pace`` between two of them and
        before the first one, where it is negative: -1 is the start of the process. Raises
        ``PainterKitError`` when the search fails by itself.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        run, log = self.folder / "run", self.folder / "log.txt"
        # A process that was killed before it wrote how it was begun leaves nothing to resume.
        goes_on = "--resume" if (run / "run.yaml").is_file() else "--overwrite"
        where = ("--store", str(self.folder / "store"), "--out", str(run), goes_on)
        own = ("--set", f"forward_batch={BLOCK}", "--threads", "1", "--no-mlflow", "-v")
        command = [sys.executable, "-m", "painter_kit", "search-prompt", *self.args, *where, *own]
        start, first = time.monotonic(), 0.0
        with log.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file)
            try:
                while process.poll() is None:
                    begun = len(MEASURING.findall(log.read_text(encoding="utf-8")))
                    first = first or (time.monotonic() - start if begun else 0.0)
                    if moment is not None and pace and begun >= moment:
                        early = (1 + moment) * pace.start if moment < 0 else 0.0
                        time.sleep(early or moment % 1 * pace.block)
                        break
                    time.sleep(POLL)
                code = process.poll()
            finally:
                process.kill()
                process.wait()
        seconds, said = time.monotonic() - start, log.read_text(encoding="utf-8")
        if code:
            raise PainterKitError(f"a search failed: {said.strip().splitlines()[-1]}")
        return Course(code is not None, seconds, first, list(map(int, MEASURING.findall(said))))

    def records(self) -> dict[bytes, bytes]:
        """Every record of the store as it was written. Raises for a broken one."""
        import sqlite3
        from contextlib import closing

        from painter_kit.evaluation.store import FILE, unpack_record

        path = self.folder / "store" / FILE
        if not path.is_file():
            return {}
        with closing(sqlite3.connect(path)) as database:
            if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise PainterKitError(f"store {path} is damaged")
            if not database.execute("SELECT name FROM sqlite_master").fetchall():
                return {}
            found = dict(database.execute("SELECT key, record FROM records").fetchall())
        for blob in found.values():
            unpack_record(blob)
        return found


def run_kills(
    out: Path,
    kills: int,
    seed: int = 0,
    args: Sequence[str] = SIZES,
    say: Callable[[str], object] = click.echo,
) -> list[Kill]:
    """Kill ``kills`` processes; a search that comes to its end is checked, and another begun."""
    whole = Searcher(out / "undisturbed", tuple(args))
    course = whole.run()
    say(f"undisturbed: {course.seconds:.1f} s, {sum(course.blocks)} examples measured")
    longest = len(course.blocks) / KILLS_PER_SEARCH
    rng, done, search = np.random.default_rng(seed), [], 0
    while len(done) < kills:
        search += 1
        searcher, own = Searcher(out / f"search-{search}", tuple(args)), []
        finished = False
        while not finished:
            number = len(done) + len(own) + 1
            moment = round(float(rng.uniform(-1, longest)), 2) if number <= kills else None
            before = len(searcher.records())
            found = searcher.run(moment, course.pace)
            finished = found.finished
            if not finished and moment is not None:
                begun, kept = sum(found.blocks), len(searcher.records()) - before
                after = round(found.seconds, 1)
                own.append(Kill(number, search, moment, after, begun, kept, begun - kept))
                say(f"kill {number} of {kills}: search {search} after {after} s")
        same, valid = searcher.decisions == whole.decisions, searcher.records() == whole.records()
        done += [replace(kill, same_log=same, valid=valid) for kill in own]
    return done


def write_report(out: Path, kills: Sequence[Kill], seed: int) -> str:
    """Write ``kills.md`` and ``kills.json`` into ``out``; returns the table."""
    text = markdown_table([asdict(kill) for kill in kills])
    repeated, good = sum(kill.lost for kill in kills), sum(kill.good for kill in kills)
    text += (
        f"\n\n{good} of {len(kills)} kills passed: {repeated} examples measured again in all, at "
        f"most {max((kill.lost for kill in kills), default=0)} after one kill (a block is {BLOCK})"
    )
    write_text(out / "kills.md", text + "\n")
    rows = {"seed": seed, "block": BLOCK, "kills": [asdict(kill) for kill in kills]}
    write_text(out / "kills.json", json.dumps(rows, indent=1) + "\n")
    return text


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of the searches and the report.")
@click.option("--kills", type=click.IntRange(1), default=20, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of moments.")
@click.option("--strategy", default="halving", show_default=True)
def command(out: Path, kills: int, seed: int, strategy: str) -> None:
    """Kill searches with SIGKILL at random moments and resume them until they are finished.

    Checked for every kill: at most the block in flight is measured again; for every search: its
    decisions are those of an undisturbed one byte for byte, and its store holds the same records.
    Exit code 1 if any check fails.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError(f"--out {out} is not empty; use another folder")
    done = run_kills(out, kills, seed, (*SIZES, "--strategy", strategy))
    click.echo(write_report(out, done, seed))
    if not all(kill.good for kill in done):
        sys.exit(1)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.search_kills")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
