"""The commands that are killed: small runs whose output tells how far they are."""

from __future__ import annotations

import re
import sqlite3
import struct
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from painter_kit.errors import PainterKitError

BATCH = 4
SAVE_EVERY = 4
SIZES = ("--pool", "12", "--select", "12", "--confirm", "8", "--test", "2", "--panel", "4")
OWN = ("--threads", "1", "--no-mlflow", "--set", f"forward_batch={BATCH}", "-v", "--json")
NETWORK = (
    "{img_size: [32, 16], patch_size: 4, embed_dim: 16, depth: 2, num_heads: 2, "
    "decoder_embed_dim: 4, taps: [0, 1], merge_after: 0, pretrain_img_size: 16}"
)


def records_in(folder: Path) -> dict[bytes, bytes]:
    """Every record of the store below ``folder`` as it was written. Raises for a broken one."""
    from painter_kit.evaluation.store import FILE, unpack_record

    path = folder / "store" / FILE
    if not path.is_file():
        return {}
    try:
        with closing(sqlite3.connect(path)) as database:
            if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise PainterKitError(f"store {path} is damaged")
            if not database.execute("SELECT name FROM sqlite_master").fetchall():
                return {}
            found = dict(database.execute("SELECT key, record FROM records").fetchall())
        for blob in found.values():
            unpack_record(blob)
    except (sqlite3.DatabaseError, struct.error, ValueError) as error:
        raise PainterKitError(f"store {path} is damaged ({error})") from error
    return found


def _examples(folder: Path) -> int:
    return len(records_in(folder))


def _step(file: str, entry: str) -> Callable[[Path], int]:
    def kept(folder: Path) -> int:
        from painter_kit.training.state import load_state

        state = folder / "run" / file
        return int(load_state(state.parent)[entry]) if state.is_file() else 0

    return kept


@dataclass(frozen=True)
class Measure:
    """A unit of work: ``line`` tells in the log that some begin (as many as its group says, else
    one), ``kept`` how many are on disk; up to ``block`` are lost to a kill."""

    unit: str
    line: re.Pattern[str]
    kept: Callable[[Path], int]
    block: int

    def begun(self, log: str) -> list[int]:
        """How many units each line of the log begins."""
        return [int(m[1]) if self.line.groups else 1 for m in self.line.finditer(log)]


MEASURING = Measure("examples", re.compile(r"^measuring (\d+) examples$", re.M), _examples, BATCH)
TUNING = Measure(
    "steps",
    re.compile(r"^tune: step \d+ of ", re.M),
    _step(".state/start-0/state.pt", "step"),
    SAVE_EVERY,
)
TRAINING = Measure(
    "iterations", re.compile(r"^iteration \d+/\d+: ", re.M), _step("state.pt", "iteration"), 5
)


@dataclass(frozen=True)
class Victim:
    """A command, and what tells its progress. ``begun`` is the file that ``--resume`` needs."""

    name: str
    args: tuple[str, ...]
    measures: tuple[Measure, ...]
    begun: str

    def command(
        self, folder: Path, run: Path | None = None, store: Path | None = None
    ) -> list[str]:
        """Start in ``folder`` or go on with what is there; ``run``, ``store`` may be elsewhere."""
        run = run or folder / "run"
        # What was killed before it wrote how it was begun leaves nothing to resume.
        goes_on = "--resume" if (run / self.begun).is_file() else "--overwrite"
        return [*self.start(run, store or folder / "store"), goes_on]

    def start(self, run: Path, store: Path) -> list[str]:
        """The command without a word about what is there."""
        where = ["--store", str(store), "--out", str(run)]
        return [sys.executable, "-m", "painter_kit", *self.args, *where]

    def lines(self, log: str) -> int:
        """How many pieces of work the log tells of."""
        return sum(len(measure.begun(log)) for measure in self.measures)

    def kept(self, folder: Path) -> dict[str, int]:
        """Units of work on disk."""
        return {measure.unit: measure.kept(folder) for measure in self.measures}


SEARCH = ("search-prompt", "--task", "depth", *SIZES, *OWN, "--set", "resamples=100")
SEARCHER = Victim("searcher", SEARCH, (MEASURING,), "run.yaml")
WORKER = Victim("worker", SEARCH, (MEASURING,), "run.yaml")
TUNER = Victim(
    "tuner",
    (
        *("tune-prompt", "--task", "depth", "--pool", "8", "--select", "8", "--confirm", "8"),
        *("--test", "2", "--panel", "2", "--init", "random", "--steps", "24", "--batch", "2"),
        *("--evaluate-every", "8", "--set", "micro=2", "--set", "robustness=false"),
        *("--set", f"save_every={SAVE_EVERY}", "--set", "resamples=100", *OWN),
    ),
    (MEASURING, TUNING),
    "config.yaml",
)
EVALUATOR = Victim(
    "evaluator",
    (
        *("evaluate", "--task", "depth", "--count", "48", "--keep-predictions"),
        *("--resamples", "100", *OWN),
    ),
    (MEASURING,),
    "config.yaml",
)


def trainer(pairs: Path, processes: int = 1) -> Victim:
    """A training on the folder of pairs, on which no other run depends."""
    sets = [f"network={NETWORK}", "iterations=150", f"processes={processes}", "batch=2"]
    sets += ["log_every=1", f"save_every={TRAINING.block}", "validation_examples=0"]
    sets += ["mask.smallest=0.05"]
    args = ["train", "--no-mlflow", "--device", "cpu", "--json"]
    args += ["--data", f"folder:{pairs}", "--task", "denoise"]
    name = "trainer" if processes == 1 else "training-group"
    return Victim(name, (*args, *(f"--set={item}" for item in sets)), (TRAINING,), "state.pt")


def make_pairs(folder: Path, count: int = 24) -> Path:
    """A folder of noise pictures with targets, drawn from their numbers."""
    import numpy as np

    from painter_kit.data.pictures import write_png

    for part in ("images", "targets"):
        for number in range(count):
            rng = np.random.default_rng(number)
            picture = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
            write_png(folder / part / f"{number:02}.png", picture)
    return folder
