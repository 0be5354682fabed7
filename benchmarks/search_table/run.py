"""One search per task and data, all through one store."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.base import open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import Sizes, Splits, make_splits
from painter_kit.evaluation.store import Store
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, get_task, task_parts
from painter_kit.types import Coding, Pair, Spec
from prompt_search.candidates import FEWEST
from prompt_search.config import SearchConfig
from prompt_search.plan import Plan
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from prompt_search.setting import plan_of

SHIFTED_TASKS = ("depth", "semantic", "foreground")
CELLS = (
    *((task, "world") for task in WORLD_TASKS),
    *((task, "world-shifted") for task in SHIFTED_TASKS),
)


@dataclass(frozen=True)
class TableSettings:
    """``n`` candidates, select images and confirm images each; ``search`` says how."""

    n: int = 512
    search: SearchConfig = field(default_factory=SearchConfig)

    def __post_init__(self) -> None:
        if self.n < FEWEST:
            raise InputError(
                f"--n must be at least {FEWEST}, to choose and to compare, not {self.n}"
            )

    @property
    def sizes(self) -> Sizes:
        """Caps of the splits; test is not read."""
        return Sizes(self.n, self.n, self.n, 1)


@dataclass(frozen=True)
class Cell:
    """What is searched: a task on one dataset, at the model's size; nothing is read yet."""

    task: Task
    spec: Spec[Any]
    splits: Splits
    settings: TableSettings

    @property
    def name(self) -> str:
        """Task and data, as files call it."""
        return f"{self.task.name}-{self.spec.data}"

    @property
    def plan(self) -> Plan:
        """The cost if every pair is usable and the store holds nothing."""
        splits = self.splits
        pools = [len(splits.parts[name].pool) for name in self.task.parts] or [len(splits.pool)]
        return plan_of(self.task, self.spec, splits, self.settings.search, pools)


def chosen_cells(tasks: Sequence[str], side: int, settings: TableSettings) -> list[Cell]:
    """The cells of these tasks, all when none is named, for a model of this side.

    Raises ``InputError`` for a task that the table does not have.
    """
    known = list(dict.fromkeys(task for task, _ in CELLS))
    for task in tasks:
        if task not in known:
            raise InputError(f"--tasks {task}: the table has {', '.join(known)}")
    return [_cell(task, data, side, settings) for task, data in CELLS if task in (tasks or known)]


def _cell(name: str, data: str, side: int, settings: TableSettings) -> Cell:
    task, dataset = get_task(name), open_dataset(data)
    spec = with_canvas(dataset.spec(name), side)
    splits = make_splits(dataset, name, settings.sizes, settings.search.seed)
    parts = {part: own.name for part, own, _ in task_parts(task, spec)}
    return Cell(task, spec, splits.with_parts(dataset, parts), settings)


def seconds_per_forward(predictor: Predictor) -> float:
    """Time of one batch after a first one."""
    picture = np.full((predictor.canvas, predictor.canvas, 3), 128, np.uint8)
    prompt, images = Prompt(Pair(picture, picture, Coding()), ""), [picture] * predictor.batch_size
    predictor.paint(prompt, images)
    start = time.perf_counter()
    predictor.paint(prompt, images)
    return (time.perf_counter() - start) / predictor.batch_size


def plan_text(cells: Sequence[Cell], pace: float) -> str:
    """The forwards of every cell and the time of all, if the store holds nothing."""
    plans = [cell.plan for cell in cells]
    lines = [
        f"  {cell.name}: {p.pool} candidates, {p.select} select, {p.confirm} confirm; {p.total} "
        f"forwards"
        for cell, p in zip(cells, plans, strict=True)
    ]
    total = sum(plan.total for plan in plans)
    about = f"about {total * pace / 3600:.2f} h at {1 / pace:.1f} forwards/s"
    return "\n".join([*lines, f"plan: {total} forwards, {about}, less what the store holds"])


def run_cells(
    cells: Sequence[Cell], predictor: Predictor, store: Store, out: Path, checkpoint: str
) -> Iterator[SearchResult]:
    """Search cell by cell, with a progress bar each; every result goes into ``out/NAME``."""
    for cell in cells:
        judge = Judge.of(predictor, cell.task, cell.spec, store)
        yield search_prompt(
            judge,
            cell.splits,
            cell.settings.search,
            out=out / cell.name,
            checkpoint=checkpoint,
        )
