"""``python -m benchmarks.search_table``: what searching is worth, task by task."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.publish import publish
from benchmarks.search_table.report import NAME, page, write_table
from benchmarks.search_table.run import (
    TableSettings,
    chosen_cells,
    plan_text,
    run_cells,
    seconds_per_forward,
)
from painter_kit.errors import PainterKitError
from painter_kit.evaluation.store import Store, default_store_dir
from painter_kit.inference.predictor import Predictor
from painter_kit.model.checkpoint import load_painter
from prompt_search.config import SearchConfig

logger = logging.getLogger(__name__)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search_table",
        description="Search a prompt for every task of the world, and for depth, semantic and "
        "foreground on world-shifted. What is in the store is not painted again.",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of table and searches")
    parser.add_argument("--tasks", nargs="+", default=[], metavar="TASK", help="only these tasks")
    parser.add_argument("--n", type=int, default=512, help="candidates, select, confirm [512]")
    parser.add_argument("--panel", type=int, default=16, help="random prompts [16]")
    parser.add_argument("--strategy", default="halving", help="how to search [halving]")
    parser.add_argument("--checkpoint", default="world-tiny", help="weights or name [world-tiny]")
    parser.add_argument("--batch", type=int, default=16, help="pictures painted at once [16]")
    parser.add_argument("--threads", type=int, help="CPU threads [torch's]")
    parser.add_argument("--seed", type=int, default=0, help="orders, panel and resamples [0]")
    parser.add_argument("--store", type=Path, help="folder of cached results")
    parser.add_argument(
        "--publish", action="store_true", help="put table and figure in benchmarks/README.md"
    )
    parser.add_argument("--plan", action="store_true", help="print plan and cost, search nothing")
    return parser


def _run(flags: argparse.Namespace) -> None:
    if flags.threads:
        import torch

        torch.set_num_threads(flags.threads)
    search = SearchConfig(flags.strategy, seed=flags.seed, panel=flags.panel)
    predictor = Predictor(load_painter(flags.checkpoint), flags.batch)
    cells = chosen_cells(flags.tasks, predictor.canvas, TableSettings(flags.n, search))
    logger.info(plan_text(cells, seconds_per_forward(predictor)))
    if flags.plan:
        return
    results, text = [], ""
    with Store(default_store_dir(flags.store)) as store:
        for result in run_cells(cells, predictor, store, flags.out, flags.checkpoint):
            results.append(result)
            logger.info(f"[{len(results)}/{len(cells)}] {result.summary}")
            text = write_table(results, flags.out)  # what is there is kept if this is interrupted
    print(text)
    if flags.publish:
        picture = {"gain of searched prompts": flags.out / f"{NAME}.png"}
        publish(NAME, page(text), picture)


def main(arguments: Sequence[str] | None = None) -> int:
    """Search, print and write; returns the exit code."""
    flags = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        _run(flags)
    except PainterKitError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
