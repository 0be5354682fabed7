"""``python -m benchmarks.abilities``: show on test scenes what a Painter of the world can do."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.abilities.bars import switching_bars, task_bars
from benchmarks.abilities.picture import draw, show
from benchmarks.abilities.reading import reading
from benchmarks.abilities.report import Report
from benchmarks.abilities.switch import figure_switching, scene_switching
from benchmarks.abilities.unseen import unseen
from painter_kit.data.pictures import write_png
from painter_kit.errors import PainterKitError
from painter_kit.inference.predictor import Predictor
from painter_kit.model.checkpoint import load_painter

logger = logging.getLogger(__name__)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.abilities",
        description="Task switching, reading of the prompt, and what training never showed, on "
        "the untouched test split of the world.",
    )
    parser.add_argument("--checkpoint", default="world-tiny", help="weights or name [world-tiny]")
    parser.add_argument("--out", type=Path, required=True, help="folder of tables and picture")
    parser.add_argument("--examples", type=int, default=500, help="queries of the bars [500]")
    parser.add_argument("--contrasts", type=int, default=250, help="queries of the rest [250]")
    parser.add_argument("--prompts", type=int, default=4, help="random prompts [4]")
    parser.add_argument("--batch", type=int, default=16, help="queries painted at once [16]")
    parser.add_argument("--threads", type=int, help="CPU threads [torch's]")
    parser.add_argument("--seed", type=int, default=0, help="which prompts and queries [0]")
    return parser


def measure(predictor: Predictor, flags: argparse.Namespace) -> Report:
    """All tables of one model, in the order of the report."""
    sizes = flags.prompts, flags.seed
    logger.info("bars")
    bars = list(task_bars(predictor, flags.examples, *sizes))
    logger.info("task switching")
    scenes = scene_switching(predictor, flags.examples, *sizes)
    figures = figure_switching(predictor, flags.examples, *sizes)
    logger.info("reading the prompt")
    read = reading(predictor, flags.contrasts, *sizes)
    logger.info("what training never showed")
    return Report(
        checkpoint=flags.checkpoint,
        model_digest=predictor.model_digest,
        examples=flags.examples,
        prompts=flags.prompts,
        bars=[*bars, *switching_bars(scenes, figures)],
        switching={"Scenes": scenes, "Figures": figures},
        reading=read,
        unseen=unseen(predictor, flags.contrasts, *sizes),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; returns the exit code, 1 when a bar is not held."""
    parser = _parser()
    flags = parser.parse_args(arguments)
    if min(flags.examples, flags.contrasts) < 2 or flags.prompts < 2:
        parser.error("--examples, --contrasts and --prompts must be at least 2")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if flags.threads:
            import torch

            torch.set_num_threads(flags.threads)
        predictor = Predictor(load_painter(flags.checkpoint), flags.batch)
        write_png(flags.out / "abilities.png", draw(show(predictor, flags.seed)))
        report = measure(predictor, flags)
        report.write(flags.out)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    print(report.markdown)
    return 0 if all(bar.held for bar in report.bars) else 1


if __name__ == "__main__":
    sys.exit(main())
