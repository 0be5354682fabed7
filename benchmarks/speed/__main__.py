"""``python -m benchmarks.speed --out DIR``: time, memory and exactness of painting and search."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.errors import PainterKitError

if TYPE_CHECKING:
    from benchmarks.speed.run import Measured


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--out", type=Path, required=True, help="Folder of speed.md, *.csv and pictures.")
@click.option(
    "--case",
    "cases",
    type=(str, click.IntRange(1)),
    multiple=True,
    metavar="MODEL BATCH",
    help="May be repeated.  [world-tiny at 1, 4, 16, 64; painter-vit-large at 1]",
)
@click.option("--rounds", type=click.IntRange(1), help="Of every forward.  [5]")
@click.option("--memory/--no-memory", default=None, help="A process per contestant.  [yes]")
@click.option("--task", "tasks", multiple=True, help="Judged end to end.  [all]")
@click.option("--prompts", type=click.IntRange(0), help="Judged per task; 0: none.  [8]")
@click.option("--images", type=click.IntRange(2), help="Pictures per prompt.  [64]")
@click.option("--side", "sides", type=click.IntRange(1), multiple=True, help="[32 64 128 256]")
@click.option("--pool", "pools", type=click.IntRange(2), multiple=True, help="[16 64 256]")
@click.option("--checkpoint", default="world-tiny", show_default=True, help="Judges end to end.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--quick", is_flag=True, help="A little of everything, to try the command out.")
@click.option("--publish", is_flag=True, help="Put tables and pictures in benchmarks/README.md.")
def command(
    out: Path, checkpoint: str, threads: int, quick: bool, publish: bool, **chosen: Any
) -> None:
    """Our path against a plain one and, where installed, transformers' SegGPT; then how cost
    grows with canvas and pool, and what judging takes beside the forwards."""
    import torch

    from benchmarks.speed.extent import FULL, QUICK, Extent
    from benchmarks.speed.run import Measured, stages

    torch.set_num_threads(threads)
    given = {f.name: chosen[f.name] for f in fields(Extent) if chosen[f.name] not in (None, ())}
    extent = replace(QUICK if quick else FULL, **given)
    measured, page = Measured(), ""
    for told, stage in stages(extent, checkpoint, threads):
        click.echo(told, err=True)
        stage(measured)
        page = _write(out, measured)  # whatever comes later may take long
    click.echo(page)
    if publish:
        _publish(out, page, measured)


def _write(out: Path, measured: Measured) -> str:
    """The page, which is written too, with a file per table."""
    from benchmarks.output import write_csv
    from benchmarks.speed.figure import draw_growth, draw_ratios
    from benchmarks.speed.report import report
    from painter_kit.files import write_text

    for title, rows in measured.tables.items():
        write_csv(out / f"{title.lower().replace(',', '').replace(' ', '-')}.csv", rows)
    if measured.forwards:
        draw_ratios(out / "speed.png", measured.forwards)
    if measured.growth:
        draw_growth(out / "speed-growth.png", measured.growth)
    page = report(measured.tables, measured.peak)
    write_text(out / "speed.md", page)
    return page


def _publish(out: Path, page: str, measured: Measured) -> None:
    from benchmarks.publish import publish

    pictures = {}
    if measured.forwards:
        pictures["CPU time of a forward against ours"] = out / "speed.png"
    if measured.growth:
        pictures["growth of cost"] = out / "speed-growth.png"
    publish("speed", page, pictures)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.speed")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
