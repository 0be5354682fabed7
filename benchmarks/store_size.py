"""``python -m benchmarks.store_size``: the store with millions of Records."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from tqdm import tqdm

from benchmarks.output import markdown_table
from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.effort import in_bytes
from painter_kit.evaluation.storage import row_bytes
from painter_kit.evaluation.store import FILE, Store
from painter_kit.files import write_text
from painter_kit.types import Record

DEPTH_VALUES = 10  # of a depth Record: examples and the sums of its metrics
CLASSES = 150
PRESENT = (4, 28)  # classes that a picture shows or a model finds in it
BATCH = 1024  # Records written at once
BLOCK = 16  # Records asked for at once, as a search does
QUERIES = 400
MOST_MIB = 1024.0  # of the process, whatever the store holds
PASSED, FAILED = "ok", "DAMAGED"
MIB = 2**20

MakeRecord = Callable[[np.random.Generator], Record]


def depth_record(rng: np.random.Generator) -> Record:
    """As long as one of depth: dense sums."""
    return Record(rng.random(DEPTH_VALUES))


def class_record(rng: np.random.Generator) -> Record:
    """As one of ADE20K: pixels of 150 classes, of which few are there."""
    values = np.zeros(1 + 3 * CLASSES)
    values[0] = 1
    present = rng.choice(CLASSES, rng.integers(*PRESENT), replace=False)
    for block in range(3):
        values[1 + block * CLASSES + present] = rng.integers(1, 300_000, len(present))
    return Record(values)


KINDS: dict[str, MakeRecord] = {"depth": depth_record, "150 classes": class_record}


@dataclass(frozen=True)
class Size:
    """A store of so many ``records``: what writing, opening, asking and checking it took.

    ``first`` and ``last``: Records written per second in the first and last tenth. Times of a
    query of ``BLOCK`` random cells, half of them known, in milliseconds. ``peak_mib`` is the most
    memory that the process has had.
    """

    kind: str
    records: int
    first: float
    last: float
    bytes_each: float
    expected_each: float
    file_bytes: int
    open_ms: float
    query_ms: float
    query_99_ms: float
    check_seconds: float
    sound: bool
    peak_mib: float

    @property
    def good(self) -> bool:
        """Whether everything written is there and whole, within the memory stated."""
        return self.sound and self.peak_mib <= MOST_MIB

    @property
    def row(self) -> dict[str, object]:
        """The figures for people."""
        return {
            "Records": f"{self.records:,} {self.kind}",
            "written/s (first, last tenth)": f"{self.first:,.0f}, {self.last:,.0f}",
            "bytes each (planned)": f"{self.bytes_each:.0f} ({self.expected_each:.0f})",
            "file": in_bytes(self.file_bytes),
            "open": f"{self.open_ms:.1f} ms",
            f"{BLOCK} cells (median, 99 %)": f"{self.query_ms:.2f}, {self.query_99_ms:.2f} ms",
            "integrity check": f"{self.check_seconds:.0f} s: {PASSED if self.sound else FAILED}",
            "peak memory": f"{self.peak_mib:.0f} MiB",
        }


def key_of(number: int) -> bytes:
    """A key as of any cell: 16 bytes of a hash."""
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest()


def measure(kind: str, records: int, folder: Path, seed: int = 0) -> Size:
    """Fill a store in ``folder``, close and open it, ask and check it."""
    make = KINDS[kind]
    first, last, expected = _fill(make, records, folder, seed)
    began = time.perf_counter()
    with Store(folder) as store:
        opened = time.perf_counter() - began
        times = _ask(store, records, seed)
        began = time.perf_counter()
        wrong, count = store.check(), len(store)
        checked = time.perf_counter() - began
    size = (folder / FILE).stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB
    query, slow = (float(np.quantile(times, q)) * 1e3 for q in (0.5, 0.99))
    return Size(
        kind,
        records,
        first,
        last,
        size / records,
        expected,
        size,
        opened * 1e3,
        query,
        slow,
        checked,
        not wrong and count == records,
        peak,
    )


def _fill(make: MakeRecord, records: int, folder: Path, seed: int) -> tuple[float, float, float]:
    """Records per second of the first and the last tenth, and the bytes planned for one."""
    rng, seconds, planned = np.random.default_rng(seed), [0.0, 0.0], 0.0
    tenth = max(1, records // 10)
    counts = [0, 0]
    with (
        Store(folder) as store,
        tqdm(total=records, desc="write", file=sys.stderr, disable=None, unit="rec") as bar,
    ):
        for start in range(0, records, BATCH):
            numbers = range(start, min(start + BATCH, records))
            batch = {key_of(number): make(rng) for number in numbers}
            planned += sum(row_bytes(record) for record in batch.values())
            began = time.perf_counter()
            store.put_many(batch)
            took = time.perf_counter() - began
            ends = [numbers.start < tenth, numbers.stop > records - tenth]
            for end in (0, 1):
                seconds[end] += took * ends[end]
                counts[end] += len(batch) * ends[end]
            bar.update(len(batch))
    first, last = (count / max(took, 1e-9) for count, took in zip(counts, seconds, strict=True))
    return first, last, planned / records


def _ask(store: Store, records: int, seed: int) -> list[float]:
    """Seconds of every query. Raises ``PainterKitError`` for a wrong answer."""
    rng, times = np.random.default_rng(seed + 1), []
    for _ in range(QUERIES):
        known = [key_of(int(number)) for number in rng.integers(0, records, BLOCK // 2)]
        unknown = [key_of(records + int(n)) for n in rng.integers(0, records, BLOCK // 2)]
        began = time.perf_counter()
        found = store.get_many([*known, *unknown])
        times.append(time.perf_counter() - began)
        if set(found) != set(known):
            raise PainterKitError("the store lacks Records that were written, or has others")
    return times


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of the stores and the report.")
@click.option("--depth", type=click.IntRange(0), default=10_000_000, show_default=True)
@click.option("--classes", type=click.IntRange(0), default=1_000_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--plan", is_flag=True, help="Print the space that it takes, then stop.")
def command(out: Path, depth: int, classes: int, seed: int, plan: bool) -> None:
    """Write so many Records of depth and of 150 classes, open the stores again, ask and check.

    Written: store_size.md and store_size.json. Exit code 1 when anything is lost or wrong, or the
    process takes more memory than stated.
    """
    wanted = {kind: n for kind, n in zip(KINDS, (depth, classes), strict=True) if n}
    rng = np.random.default_rng(seed)
    each = {kind: np.mean([row_bytes(KINDS[kind](rng)) for _ in range(100)]) for kind in wanted}
    for kind, count in wanted.items():
        click.echo(
            f"plan: {count:,} Records of {kind}, about {in_bytes(count * float(each[kind]))}"
        )
    if plan:
        return
    if out.exists() and any(out.iterdir()):
        raise InputError(f"--out {out} is not empty; use another folder")
    done = [
        measure(kind, count, out / kind.replace(" ", "-"), seed) for kind, count in wanted.items()
    ]
    text = markdown_table([size.row for size in done])
    write_text(out / "store_size.md", text + "\n")
    write_text(out / "store_size.json", json.dumps([asdict(s) for s in done], indent=1) + "\n")
    click.echo(text)
    if not all(size.good for size in done):
        sys.exit(1)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.store_size")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
