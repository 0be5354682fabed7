"""How cost grows: of a forward with the canvas, of a search with the pool."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.speed.contest import make_case, ours
from benchmarks.speed.flops import count_flops
from painter_kit.model.builders import ModelConfig

if TYPE_CHECKING:
    from painter_kit.inference.predictor import Predictor

STRATEGIES = ("exhaustive", "halving")


@dataclass(frozen=True)
class CanvasCost:
    """One forward of our path for sub-images of this side: FLOP and CPU seconds."""

    side: int
    tokens: int
    flops: int
    seconds: float


@torch.inference_mode()
def canvas_cost(config: ModelConfig, side: int, rounds: int) -> CanvasCost:
    """The cost for one picture of a model made for this side; the median of ``rounds``."""
    case = make_case(replace(config, img_size=(2 * side, side)), 1)
    paint = ours(case)
    paint()
    stream = case.model.target_stream(case.targets, case.mask)
    flops = sum(count_flops(lambda: case.model.predict_query(case.images, stream)).values())
    times = []
    for _ in range(rounds):
        start = time.process_time()
        paint()
        times.append(time.process_time() - start)
    return CanvasCost(side, case.mask[0].numel(), flops, float(np.median(times)))


@dataclass(frozen=True)
class PoolCost:
    """A search end to end, with a fresh store and pictures not yet read.

    ``forwards`` were made, ``exhaustive`` would judge every candidate on every select image;
    ``seconds`` of CPU hold everything, ``network`` is what the forwards alone would take.
    """

    strategy: str
    pool: int
    forwards: int
    exhaustive: int
    seconds: float
    network: float


def pool_cost(
    predictor: Predictor, task_name: str, strategy: str, pool: int, images: int, store: Path
) -> PoolCost:
    """Search so many candidates of the world on so many select images and as many of confirm."""
    from benchmarks.speed.search import network_seconds
    from painter_kit.data.base import open_dataset
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.splits import Sizes, make_splits
    from painter_kit.evaluation.store import Store
    from painter_kit.tasks.base import get_task
    from prompt_search.config import SearchConfig
    from prompt_search.search import search_prompt

    task, dataset = get_task(task_name), open_dataset("world")
    spec = with_canvas(dataset.spec(task.name), predictor.canvas)
    config = SearchConfig(strategy=strategy, panel=min(8, pool), stop_interchangeable=False)
    network_seconds(predictor, spec.canvas)  # pays for what is set up once
    with Store(store) as records:
        start = time.process_time()
        splits = make_splits(dataset, task.name, Sizes(pool, images, images, 1))
        judge = Judge.of(predictor, task, spec, records)
        found = search_prompt(judge, splits, config, quiet=True)
        seconds = time.process_time() - start
    each = float(np.median([network_seconds(predictor, spec.canvas) for _ in range(3)]))
    exhaustive = found.exhaustive_forwards
    return PoolCost(strategy, pool, judge.new, exhaustive, seconds, each * judge.new)


def canvas_rows(model: str, costs: Sequence[CanvasCost]) -> list[dict[str, object]]:
    """One line per side; ``grows as`` is the power of the tokens since the line before."""
    rows = []
    for before, cost in zip([None, *costs], costs, strict=False):
        power = "-"
        if before:
            growth = np.log(cost.seconds / before.seconds) / np.log(cost.tokens / before.tokens)
            power = f"tokens^{growth:.2f}"
        rows.append(
            {
                "model": model,
                "side": cost.side,
                "tokens": cost.tokens,
                "GFLOP": f"{cost.flops / 1e9:.3f}",
                "CPU ms": f"{1e3 * cost.seconds:.2f}",
                "GFLOP/s": f"{cost.flops / cost.seconds / 1e9:.1f}",
                "grows as": power,
            }
        )
    return rows


def pool_rows(task: str, costs: Sequence[PoolCost]) -> list[dict[str, object]]:
    """One line per search."""
    return [
        {
            "task": task,
            "strategy": cost.strategy,
            "pool": cost.pool,
            "forwards": cost.forwards,
            "exhaustive": cost.exhaustive,
            "CPU s": f"{cost.seconds:.2f}",
            "CPU ms per forward": f"{1e3 * cost.seconds / cost.forwards:.2f}",
            "of which network": f"{cost.network / cost.seconds:.0%}",
        }
        for cost in costs
    ]
