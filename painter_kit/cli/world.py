"""``painterkit world``: the procedural world as files."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.options import options
from painter_kit.cli.output import emit, progress, say

if TYPE_CHECKING:
    from painter_kit.data.layouts.base import Layout, LayoutOptions
    from painter_kit.types import Size


def _size(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Size | None:
    if value is None:
        return None
    height, _, width = value.lower().partition("x")
    if not (height.isdigit() and width.isdigit()):
        raise click.BadParameter(f"expected HEIGHTxWIDTH such as 480x640 but got {value!r}")
    return int(height), int(width)


@click.command()
@options("out", "task", "seed", "overwrite", "plan", "json")
@click.option(
    "--as",
    "layout",
    shell_complete=complete(completion.layouts),
    metavar="nyuv2|ade20k|coco|sidd|derain|lol|ap10k|animalpose|lvis|fss1000|pascal5i|coco20i",
    help="The dataset whose layout is written [pairs for --data folder:DIR].",
)
@click.option("--split", metavar="NAME", help="Of a plain folder: train, select, confirm, test.")
@click.option("--count", type=click.IntRange(min=1), help="Pictures of each split [8].")
@click.option("--size", metavar="HxW", callback=_size, help="In place of the official sizes.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes [all cores].")
def command(**flags: Any) -> None:
    """Write procedural pictures with exact truth to disk, as a published dataset has them.

    The files have the official names, formats and picture sizes, so that everything that reads
    the real data can be tried without it. Scenes of the training part are those that the embedded
    model knows. Written again with the same options, only what is missing is made.

    Example: painterkit world --as nyuv2 --out data --count 20
    """
    from painter_kit.data.layouts.base import write_layout
    from painter_kit.data.layouts.table import get_layout

    out: Path | None = flags["out"]
    if out is None:
        raise click.UsageError("give --out DIR, the folder to write to")
    if flags["layout"] and (flags["task"] or flags["split"]):
        raise click.UsageError("--task and --split belong to a plain folder; leave out --as")
    layout, chosen = get_layout(flags["layout"] or "folder"), _options(flags)
    total = len(layout.items(out, chosen))
    workers = flags["workers"] or len(os.sched_getaffinity(0))
    say(_plan(layout, chosen, workers), as_json=not flags["plan"] or flags["as_json"])
    if flags["plan"]:
        return _emit_plan(layout, chosen, flags["as_json"])
    start = time.monotonic()
    with progress(total, f"writing {layout.name}") as bar:
        made = write_layout(layout, out, chosen, workers, flags["overwrite"], bar.update)
    seconds = time.monotonic() - start
    _tell(layout, out, made, seconds, flags["as_json"])


def _options(flags: dict[str, Any]) -> LayoutOptions:
    from painter_kit.data.layouts.base import LayoutOptions

    names = ("count", "seed", "size", "task", "split")
    return LayoutOptions(**{n: flags[n] for n in names if flags[n] is not None})


def _plan(layout: Layout, chosen: LayoutOptions, workers: int) -> str:
    from painter_kit.data.layouts.base import cost

    wanted = cost(layout, chosen)
    return (
        f"{layout.name}: {layout.text}\n"
        f"{wanted.pictures} pictures to render, {wanted.megapixels:.1f} megapixels: about "
        f"{wanted.seconds / workers:.0f} s with {workers} worker(s), {wanted.disk / 1e6:.0f} MB"
    )


def _emit_plan(layout: Layout, chosen: LayoutOptions, as_json: bool) -> None:
    from painter_kit.data.layouts.base import cost

    if as_json:
        wanted = cost(layout, chosen)
        emit({"layout": layout.name, "pictures": wanted.pictures, "bytes": wanted.disk})


def _tell(layout: Layout, out: Path, made: int, seconds: float, as_json: bool) -> None:
    from painter_kit.data.layouts.base import layout_files

    files = layout_files(layout, out)
    size = sum(path.stat().st_size for path in files)
    use = f"--data folder:{out}"
    if layout.name != "folder":
        use = f"painterkit prepare {layout.name} --root {out}"
    say(
        f"{made} items made in {seconds:.1f} s; {len(files)} files, {size / 1e6:.1f} MB in {out}\n"
        f"next: {use}",
        as_json=as_json,
    )
    if as_json:
        emit(
            {
                "layout": layout.name,
                "out": out,
                "made": made,
                "files": len(files),
                "bytes": size,
                "seconds": seconds,
            }
        )
