"""``python -m benchmarks.speed --out DIR``: time, memory and exactness of painting."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.errors import PainterKitError

if TYPE_CHECKING:
    from benchmarks.speed.contest import Result

DEFAULT_CASES = (("world-tiny", 1), ("world-tiny", 16), ("painter-vit-large", 1))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of speed.md, *.csv and speed.png.")
@click.option(
    "--case",
    "cases",
    type=(str, click.IntRange(1)),
    multiple=True,
    metavar="MODEL BATCH",
    default=DEFAULT_CASES,
    help="May be repeated.  [world-tiny at 1 and 16, painter-vit-large at 1]",
)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--memory/--no-memory", default=True, help="A process per contestant.")
@click.option("--task", "tasks", multiple=True, help="Judged end to end.  [depth semantic ...]")
@click.option("--prompts", type=click.IntRange(0), default=8, show_default=True, help="0: none.")
@click.option("--images", type=click.IntRange(2), default=64, show_default=True)
@click.option("--checkpoint", default="world-tiny", show_default=True, help="Judges end to end.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def command(
    out: Path,
    cases: tuple[tuple[str, int], ...],
    rounds: int,
    memory: bool,
    tasks: tuple[str, ...],
    prompts: int,
    images: int,
    checkpoint: str,
    threads: int,
) -> None:
    """Our path against a plain one and, where installed, transformers' SegGPT."""
    import torch

    from benchmarks.output import write_csv
    from benchmarks.speed.figure import draw_ratios
    from benchmarks.speed.report import report, search_rows
    from painter_kit.files import write_text

    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, dict[str, Result]] = {}
    tables: dict[str, list[Any]] = {"Forward": [], "Memory": []}

    def write() -> str:
        full = {title: rows for title, rows in tables.items() if rows}
        for title, rows in full.items():
            write_csv(out / f"{title.lower().replace(',', '').replace(' ', '-')}.csv", rows)
        write_text(out / "speed.md", report(full))
        return report(full)

    for model, batch in cases:
        click.echo(f"{model}, batch {batch}: {rounds} rounds", err=True)
        _run_case(model, batch, rounds, threads if memory else 0, results, tables)
        draw_ratios(out / "speed.png", results)
        write()  # whatever comes later may take long
    if prompts:
        tables["Search, end to end"] = search_rows(_end_to_end(checkpoint, tasks, prompts, images))
    click.echo(write())


def _run_case(
    model: str,
    batch: int,
    rounds: int,
    memory_threads: int,
    results: dict[str, dict[str, Result]],
    tables: dict[str, list[Any]],
) -> None:
    """Time one case and add its rows; no memory is measured with 0 threads."""
    from benchmarks.speed.contest import available, named_case, run_rounds
    from benchmarks.speed.flops import flop_rows
    from benchmarks.speed.memory import peak_in_fresh_process
    from benchmarks.speed.report import memory_rows, speed_rows

    case = named_case(model, batch)
    paints = available(case)
    found = run_rounds(paints, rounds)
    results[f"{model}, {batch}"] = found
    tables["Forward"] += speed_rows(model, batch, found)
    tables.setdefault(f"GFLOP per picture, {model}", flop_rows(case))
    del case
    if memory_threads:
        peaks = {name: peak_in_fresh_process(model, batch, name, memory_threads) for name in paints}
        tables["Memory"] += memory_rows(model, batch, peaks)


def _end_to_end(checkpoint: str, tasks: tuple[str, ...], prompts: int, images: int) -> list[Any]:
    from benchmarks.speed.search import TASKS, measure_end_to_end
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter

    predictor, found = Predictor(load_painter(checkpoint)), []
    for task in tasks or TASKS:
        click.echo(f"{task}: {prompts} prompts on {images} pictures", err=True)
        with tempfile.TemporaryDirectory() as folder:
            one = measure_end_to_end(predictor, task, "world", prompts, images, Path(folder))
        found.append(one)
    return found


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.speed")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
