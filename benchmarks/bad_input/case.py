"""Running one case: what the reader did with it, how long it took and how much memory."""

from __future__ import annotations

import shutil
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bad_input.damage import Sample, generator, make_case, write_files
from benchmarks.bad_input.guard import Guard, TimeUp, Trespass, time_limit, traces
from benchmarks.bad_input.table import Reader
from benchmarks.speed.memory import kilobytes, restart_peak
from painter_kit.errors import PainterKitError

ACCEPTED, REFUSED, FAILURE = "accepted", "refused", "failure"
SECONDS, WAIT = 20.0, 120.0  # of the processor and of the clock, for one case
MEGABYTES = 1024.0  # beside what the process had before


@dataclass(frozen=True)
class Outcome:
    """How one case ended. ``damage`` says what was wrong with the input, ``reason`` what the
    reader said or how it failed; ``seconds`` are of the processor, ``megabytes`` the peak beside
    what the process had."""

    reader: str
    number: int
    outcome: str
    seconds: float = 0.0
    megabytes: float = 0.0
    damage: str = ""
    reason: str = ""


class Runner:
    """Runs cases of one seed in this process, each in a folder of its own below ``place``."""

    def __init__(self, place: Path, seed: int) -> None:
        self.place, self.seed, self.guard = place.resolve(), seed, Guard()
        self.place.mkdir(parents=True, exist_ok=True)
        for name in ("outside.png", "outside", "outside.h5"):  # nobody has business with these
            (self.place / name).write_bytes(b"untouched")

    def warm(self, reader: Reader, sample: Sample) -> None:
        """Read the valid input: what is imported late is imported now, and counts for no case."""
        with TemporaryDirectory(dir=self.place) as folder:
            write_files(Path(folder), sample)
            reader.read(Path(folder))

    def run(self, reader: Reader, sample: Sample, number: int) -> Outcome:
        """Make the case, read it, remove it."""
        folder = self.place / f"case-{number:07d}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with warnings.catch_warnings(action="ignore"):  # of libraries that write such files
            damage = make_case(reader, sample, folder, generator(self.seed, reader.name, number))
        try:
            return self._read(reader, folder, number, damage)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _read(self, reader: Reader, folder: Path, number: int, damage: str) -> Outcome:
        there, start = traces(self.place, folder.name), time.process_time()
        restart_peak()
        before = kilobytes("VmRSS")
        outcome, reason = self._outcome(reader, folder)
        seconds = time.process_time() - start
        megabytes = max(0, kilobytes("VmHWM") - before) / 1024
        if self.guard.seen:
            outcome, reason = FAILURE, f"trespass: {self.guard.seen[0]}"
        elif traces(self.place, folder.name) != there:
            outcome, reason = FAILURE, "trespass: a file beside the input was changed"
        elif outcome != FAILURE and megabytes > MEGABYTES:
            outcome, reason = FAILURE, f"took {megabytes:.0f} MB"
        return Outcome(reader.name, number, outcome, seconds, megabytes, damage, reason)

    def _outcome(self, reader: Reader, folder: Path) -> tuple[str, str]:
        try:
            with warnings.catch_warnings(), time_limit(SECONDS, WAIT), self.guard.watching(folder):
                warnings.simplefilter("ignore")
                reader.read(folder)
        except PainterKitError as error:
            return _judged(reader, folder, error)
        except (Trespass, TimeUp) as error:
            return FAILURE, f"{type(error).__name__}: {error}"
        except (Exception, RecursionError, MemoryError) as error:
            where = traceback.extract_tb(error.__traceback__)
            own = [f for f in where if "painter" in f.filename or "prompt_" in f.filename] or where
            place = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
            return FAILURE, f"{type(error).__name__} at {place}: {str(error)[:300]}"
        return ACCEPTED, ""


def _judged(reader: Reader, folder: Path, error: PainterKitError) -> tuple[str, str]:
    """A refusal, if it is bad input, and says where. Errors keep their own words short."""
    words = str(error)
    if error.exit_code != 2:
        return FAILURE, f"is no bad input to the program: {words[:300]}"
    if not any(name in words for name in (str(folder), *reader.named)):
        return FAILURE, f"names no file: {words[:300]}"
    return REFUSED, words[:300]
