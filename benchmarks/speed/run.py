"""The stages of the measurement, one after the other; each adds its tables."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.speed.contest import Result, available, named_case, run_rounds
from benchmarks.speed.extent import Extent
from benchmarks.speed.flops import flop_rows
from benchmarks.speed.growth import STRATEGIES, canvas_cost, canvas_rows, pool_cost, pool_rows
from benchmarks.speed.memory import peak_in_fresh_process
from benchmarks.speed.peak import matmul_peak
from benchmarks.speed.rates import rate_rows
from benchmarks.speed.report import memory_rows, search_rows, speed_rows
from benchmarks.speed.search import measure_end_to_end
from painter_kit.model.builders import get_config

if TYPE_CHECKING:
    from painter_kit.inference.predictor import Predictor

POOL_TASK = "depth"


@dataclass
class Measured:
    """What is known so far: tables by title, rounds of the forward by case, growth as points.

    ``peak`` is in FLOP per CPU second.
    """

    tables: dict[str, list[Any]] = field(default_factory=dict)
    forwards: dict[str, dict[str, Result]] = field(default_factory=dict)
    growth: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    peak: float = 0.0

    def add(self, title: str, rows: list[Any]) -> None:
        """More rows of a table."""
        self.tables.setdefault(title, []).extend(rows)


Stage = tuple[str, Callable[[Measured], None]]


def stages(extent: Extent, checkpoint: str, threads: int) -> Iterator[Stage]:
    """What each stage does, in words, and the stage.

    Raises ``InputError`` for an unknown model before anything is measured.
    """
    for model, _ in extent.cases:
        get_config(model)
    yield "peak of the machine", _measure_peak
    for model, batch in extent.cases:
        told = f"{model}, batch {batch}: {extent.rounds} rounds"
        yield told, _case(model, batch, extent, threads)
    if extent.sides:
        yield f"canvases of {', '.join(map(str, extent.sides))}", _canvases(extent)
    if not (extent.prompts or extent.pools):
        return
    predictor = _predictor(checkpoint)
    for task in extent.tasks if extent.prompts else ():
        told = f"{task}: {extent.prompts} prompts on {extent.images} pictures"
        yield told, _judging(predictor, task, extent)
    for strategy in STRATEGIES:
        for pool in extent.pools:
            told = f"{strategy} search for {POOL_TASK} among {pool}"
            yield told, _searching(predictor, strategy, pool, extent)


def _measure_peak(measured: Measured) -> None:
    measured.peak = matmul_peak()


def _case(model: str, batch: int, extent: Extent, threads: int) -> Callable[[Measured], None]:
    """Time a case; what does not depend on the batch is told of a model's first one."""

    def stage(measured: Measured) -> None:
        case = named_case(model, batch)
        paints = available(case)
        found = run_rounds(paints, extent.rounds)
        measured.forwards[f"{model}, {batch}"] = found
        measured.add("Forward", speed_rows(model, batch, found))
        if f"GFLOP per picture, {model}" not in measured.tables:
            measured.add(f"GFLOP per picture, {model}", flop_rows(case))
        rates = rate_rows(case, extent.rounds, measured.peak)
        measured.add(f"Parts of our forward, {model} at {batch}", rates)
        if extent.memory:
            names, rest = list(paints), (model, batch)
            del case, paints  # the other processes need the memory
            peaks = {name: peak_in_fresh_process(*rest, name, threads) for name in names}
            measured.add("Memory", memory_rows(model, batch, peaks))

    return stage


def _canvases(extent: Extent) -> Callable[[Measured], None]:
    model = extent.cases[0][0] if extent.cases else "world-tiny"

    def stage(measured: Measured) -> None:
        costs = [canvas_cost(get_config(model), side, extent.rounds) for side in extent.sides]
        measured.add("Canvas size", canvas_rows(model, costs))
        measured.growth["tokens of the canvas"] = [(c.tokens, c.seconds) for c in costs]

    return stage


def _judging(predictor: Predictor, task: str, extent: Extent) -> Callable[[Measured], None]:
    def stage(measured: Measured) -> None:
        with tempfile.TemporaryDirectory() as folder:
            one = measure_end_to_end(
                predictor, task, "world", extent.prompts, extent.images, Path(folder)
            )
        measured.add("Search, end to end", search_rows([one]))

    return stage


def _searching(
    predictor: Predictor, strategy: str, pool: int, extent: Extent
) -> Callable[[Measured], None]:
    def stage(measured: Measured) -> None:
        with tempfile.TemporaryDirectory() as folder:
            cost = pool_cost(predictor, POOL_TASK, strategy, pool, extent.images, Path(folder))
        measured.add("Pool size", pool_rows(POOL_TASK, [cost]))
        points = measured.growth.setdefault(f"pool, {strategy}", [])
        points.append((cost.pool, cost.seconds))

    return stage


def _predictor(checkpoint: str) -> Predictor:
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.checkpoint import load_painter

    return Predictor(load_painter(checkpoint))
