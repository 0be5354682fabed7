"""``python -m benchmarks.ablations``: train variants of the small Painter and compare them."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.ablations.run import (
    cpu_seconds,
    expected_hours,
    measured_rate,
    painterkit,
    run_cells,
)
from benchmarks.ablations.table import records, tables
from benchmarks.ablations.variants import VARIANTS, Cell, cells
from benchmarks.output import markdown_table, write_csv
from painter_kit.errors import PainterKitError
from painter_kit.files import write_text


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
    parser.add_argument("--seeds", type=int, help="train at most this many seeds of each")
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="KEY=VALUE")
    parser.add_argument("--plan", action="store_true", help="print cells and time, train nothing")
    parser.add_argument("--throughput", type=float, help="samples per second [measured now]")
    return parser


def _plan(chosen: Sequence[Cell], out: Path, throughput: float | None) -> str:
    rate = throughput or measured_rate(chosen[0].settings())
    left, hours = expected_hours(chosen, out, rate)
    listed = "\n".join(f"  {cell.folder}: {' '.join(cell.sets)}" for cell in chosen)
    return (
        f"{listed}\n{left} of {len(chosen)} cells to train: about {hours:.1f} h at {rate:.0f} "
        "samples/s of the base variant; rendering and validation come on top"
    )


def _cost(chosen: Sequence[Cell], out: Path) -> str:
    known = cpu_seconds(out)
    hours = sum(known.get(cell.folder, 0.0) for cell in chosen) / 3600
    return f"{len(chosen)} cells took {hours:.2f} hours of processor time, validation included."


def main(
    arguments: Sequence[str] | None = None, start: Callable[[Sequence[str]], int] = painterkit
) -> int:
    """Train and compare; ``start`` runs ``painterkit``. Returns the exit code."""
    flags = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        chosen = list(cells(flags.variant, flags.seeds, flags.sets))
        print(_plan(chosen, flags.out, flags.throughput), file=sys.stderr)
        if flags.plan:
            return 0
        results = run_cells(chosen, flags.out, flags.store or flags.out / "store", start)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    parts = [f"## {title}\n\n{markdown_table(rows)}" for title, rows in tables(results).items()]
    text = "\n\n".join([*parts, _cost(chosen, flags.out)]) + "\n"
    write_text(flags.out / "ablations.md", text)
    write_csv(flags.out / "ablations.csv", records(results))
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
