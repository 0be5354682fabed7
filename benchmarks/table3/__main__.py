"""``python -m benchmarks.table3``: random, searched and learned prompts of every task, on test."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.output import markdown_table, write_csv
from benchmarks.publish import publish
from benchmarks.table3.picture import table_picture
from benchmarks.table3.report import bars, cells, metrics, numbers
from benchmarks.table3.run import PICTURE, ROWS, Table3Settings, run_rows
from painter_kit.config import dump_config, load_config
from painter_kit.data.pictures import read_image, write_png
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text
from painter_kit.inference.predictor import Predictor
from painter_kit.model.checkpoint import load_painter
from painter_kit.tracking import Tracking, start_tracking

logger = logging.getLogger(__name__)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.table3",
        description="Search, tune and test prompts of every task of the world. Run the same "
        "command again to continue: finished rows are kept.",
    )
    parser.add_argument("--out", type=Path, required=True, help="a folder per row goes here")
    parser.add_argument("--store", type=Path, help="folder of cached results [OUT/store]")
    parser.add_argument("--tasks", default="", help="rows such as depth,world-shifted:depth [all]")
    parser.add_argument("--checkpoint", help="weights or name [world-tiny]")
    parser.add_argument("--set", action="append", default=[], dest="sets", metavar="KEY=VALUE")
    parser.add_argument("--threads", type=int, help="CPU threads [torch's]")
    parser.add_argument("--no-mlflow", action="store_true", help="do not log to MLflow")
    parser.add_argument(
        "--publish", action="store_true", help="put table and picture in benchmarks/README.md"
    )
    return parser


def choose_rows(names: str) -> list[tuple[str, str]]:
    """Data and task of the rows named ``task`` (on the world) or ``data:task``; all if empty.

    Raises ``InputError`` for a row that the table does not have.
    """
    wanted = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        data, _, task = name.rpartition(":")
        wanted.append((data or "world", task))
    unknown = [f"{data}:{task}" for data, task in wanted if (data, task) not in ROWS]
    if unknown:
        known = ", ".join(f"{data}:{task}" for data, task in ROWS)
        raise InputError(f"--tasks {', '.join(unknown)}: not in the table; rows: {known}")
    return wanted or list(ROWS)


def _report(
    rows: Sequence[dict[str, Any]], settings: Table3Settings, out: Path, tracking: Tracking
) -> str:
    """Write table, numbers and picture, log them as one run; the tables as text."""
    parts = ["# Table 3 on the world", markdown_table([cells(row) for row in rows])]
    parts += ["## Bars", markdown_table(bars(rows))]
    text = "\n\n".join(parts) + "\n"
    write_text(out / "table3.md", text)
    write_csv(out / "table3.csv", [numbers(row) for row in rows])
    folders = [out / f"{row['data']}-{row['task']}" for row in rows]
    shown = [read_image(folder / PICTURE) for folder in folders]
    write_png(out / "table3.png", table_picture([folder.name for folder in folders], shown))
    with tracking.run("benchmark", "table3", "table3") as run:
        run.params(asdict(settings))
        run.metrics(metrics(rows))
        run.table("table3.json", [cells(row) for row in rows])
        for name in ("table3.md", "table3.csv", "table3.png"):
            run.artifact(out / name)
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the table, print and write it; returns the exit code, 1 when a bar is not kept."""
    flags = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        sets = [*flags.sets, *([f"checkpoint={flags.checkpoint}"] if flags.checkpoint else [])]
        settings, chosen = load_config(Table3Settings, sets=sets), choose_rows(flags.tasks)
        if flags.threads:
            import torch

            torch.set_num_threads(flags.threads)
        predictor = Predictor(load_painter(settings.checkpoint), settings.batch)
        tracking = start_tracking(not flags.no_mlflow)
        write_text(flags.out / "config.yaml", dump_config(settings))
        store = flags.store or flags.out / "store"
        rows = list(run_rows(chosen, settings, predictor, flags.out, store, tracking))
        text = _report(rows, settings, flags.out, tracking)
        if flags.publish:
            publish("table3", text, {"random, searched and learned": flags.out / "table3.png"})
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    print(text)
    return 0 if all(bar["kept"] == "yes" for bar in bars(rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
