"""``python -m benchmarks.ablations``: train variants of the small Painter and compare them."""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.ablations.floor import floors
from benchmarks.ablations.plan import measured_rate, what_is_left
from benchmarks.ablations.report import report
from benchmarks.ablations.results import Result
from benchmarks.ablations.run import Start, painterkit, run_cells, sittings
from benchmarks.ablations.table import records
from benchmarks.ablations.variants import VARIANTS, Cell, cells
from benchmarks.output import write_csv
from benchmarks.publish import PICTURES, publish
from painter_kit.errors import PainterKitError
from painter_kit.files import write_text

PAGE = PICTURES / "ablations.md"


def _rate(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"must be a number above 0 but got {text}")


def _count(text: str) -> int:
    with suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number of at least 1 but got {text}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ablations",
        description="Train variants of the small Painter at equal samples and compare them. Run "
        "the same command again to continue: finished cells are kept.",
    )
    parser.add_argument("--out", type=Path, required=True, help="a folder per cell goes here")
    parser.add_argument("--store", type=Path, help="folder of rendered scenes [OUT/store]")
    parser.add_argument(
        "--variant", action="append", default=[], choices=[v.name for v in VARIANTS]
    )
    parser.add_argument("--seeds", type=_count, help="train at most this many seeds of each")
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="KEY=VALUE")
    parser.add_argument("--plan", action="store_true", help="print cells and time, train no cell")
    parser.add_argument(
        "--throughput", type=_rate, help="samples per second [measured by a few updates]"
    )
    parser.add_argument(
        "--publish", action="store_true", help="put the tables in docs/ablations.md"
    )
    return parser


def _plan(chosen: Sequence[Cell], flags: argparse.Namespace, store: Path, start: Start) -> str:
    listed = "\n".join(f"  {cell.folder}: {' '.join(cell.sets)}" for cell in chosen)
    left = what_is_left(chosen, flags.out)
    told = f"{listed}\n{left.cells} of {len(chosen)} cells to train"
    if not left.cells:
        return told
    rate = flags.throughput or measured_rate(flags.sets, store, start)
    return (
        f"{told}: about {left.hours(rate):.1f} h at {rate:.0f} samples/s of the base variant, "
        "validation included; rendering comes on top"
    )


def _write(results: Sequence[Result], out: Path) -> str:
    text = report(results, sittings(out), floors(results))
    write_text(out / "ablations.md", text)
    write_csv(out / "ablations.csv", records(results))
    return text


def main(arguments: Sequence[str] | None = None, start: Start = painterkit) -> int:
    """Train and compare; ``start`` runs ``painterkit``. Returns the exit code.

    The tables in ``--out`` are written after every cell.
    """
    flags = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    store, text = flags.store or flags.out / "store", ""
    try:
        chosen = list(cells(flags.variant, flags.seeds, flags.sets))
        print(_plan(chosen, flags, store, start), file=sys.stderr)
        if flags.plan:
            return 0
        for results in run_cells(chosen, flags.out, store, start):
            text = _write(results, flags.out)
        if flags.publish:
            publish("ablations", text, {}, PAGE)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
