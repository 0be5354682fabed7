"""``python -m benchmarks.concepts --out docs``: pictures of the documentation, made anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.abilities.picture import show
from benchmarks.concepts import chosen, diagrams
from benchmarks.concepts.canvas import ROWS, draw_canvases
from painter_kit.data.pictures import write_png
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.shared import open_store
from painter_kit.evaluation.splits import Sizes
from painter_kit.evaluation.store import default_store_dir
from painter_kit.files import write_text
from painter_kit.inference.predictor import Predictor
from painter_kit.model.checkpoint import load_painter

TASK, DATA = "depth", ("world", "world-shifted")
SIDE = 144  # pixels of a square of the canvas


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.concepts",
        description="What Painter is shown and paints (concepts-canvas.png), how values flow "
        "(concepts-flow.svg), what reads which split (concepts-splits.svg), and what choosing "
        "the best of many candidates promises and keeps (intervals-chosen.svg).",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--pool", type=int, default=48, help="candidates [48]")
    parser.add_argument("--images", type=int, default=48, help="select and confirm images [48]")
    parser.add_argument("--checkpoint", default="world-tiny", help="weights or name [world-tiny]")
    parser.add_argument("--seed", type=int, default=0, help="which prompts and pictures [0]")
    parser.add_argument("--store", type=Path, help="folder of cached results")
    parser.add_argument("--plan", action="store_true", help="print the cost, then stop")
    return parser


def make(flags: argparse.Namespace) -> list[str]:
    """Draw and write all pictures; returns what is to be said about the numbers in them."""
    predictor = Predictor(load_painter(flags.checkpoint), 16)
    write_text(flags.out / "concepts-flow.svg", diagrams.flow().decode())
    write_text(flags.out / "concepts-splits.svg", diagrams.splits().decode())
    canvases = draw_canvases(show(predictor, flags.seed, ROWS), SIDE)
    write_png(flags.out / "concepts-canvas.png", canvases)
    sizes = Sizes(flags.pool, flags.images, flags.images)
    with open_store(default_store_dir(flags.store)) as store:
        measured = [
            chosen.measure(predictor, store, TASK, data, sizes, flags.seed) for data in DATA
        ]
    write_text(flags.out / "intervals-chosen.svg", chosen.draw(measured).decode())
    return [one.sentence for one in measured]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures and print what they show; returns the exit code."""
    flags = _parser().parse_args(arguments)
    forwards = len(DATA) * flags.pool * 2 * flags.images
    print(f"plan: {forwards} forwards, less what the store holds", file=sys.stderr)
    if flags.plan:
        return 0
    try:
        for line in make(flags):
            print(line)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
