"""The rows of the table, one after the other; what is finished is not done again."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.demo import DemoPart, DemoSettings, run_part
from benchmarks.table3.picture import row_pictures
from painter_kit.data.base import open_dataset
from painter_kit.data.pictures import write_png
from painter_kit.data.specs import with_canvas
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import scores
from painter_kit.evaluation.gain import Gain, compare
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import components
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.files import write_text
from painter_kit.inference.predictor import Predictor
from painter_kit.tasks.base import get_task, task_parts
from painter_kit.tracking import Tracking
from painter_kit.types import digest_json, sum_records
from prompt_search.config import SearchConfig
from prompt_tuning.config import TuneConfig

logger = logging.getLogger(__name__)

SHIFTED_TASKS = ("depth", "semantic", "foreground")
ROWS = (
    *(("world", task) for task in WORLD_TASKS),
    *(("world-shifted", task) for task in SHIFTED_TASKS),
)
ROW_FILE, PICTURE = "row.json", "row.png"


@dataclass(frozen=True)
class Table3Settings:
    """Sizes of a row; the defaults tell a gain of a panel's deviation from chance."""

    checkpoint: str = "world-tiny"
    seed: int = 0
    pool: int = 256
    select: int = 512
    confirm: int = 256
    test: int = 1024
    batch: int = 16
    search: SearchConfig = field(default_factory=SearchConfig)
    tune: TuneConfig = field(default_factory=lambda: TuneConfig(robustness=False))

    def of(self, data: str, task: str) -> DemoSettings:
        """The settings of one row."""
        shared = {n: getattr(self, n) for n in ("checkpoint", "seed", "pool", "select", "confirm")}
        tune = replace(self.tune, panel=self.search.panel, resamples=self.search.resamples)
        return DemoSettings(
            task, (data,), test=self.test, batch=self.batch, search=self.search, tune=tune, **shared
        ).seeded()


def run_rows(
    rows: list[tuple[str, str]],
    settings: Table3Settings,
    predictor: Predictor,
    out: Path,
    store: Path,
    tracking: Tracking,
) -> Iterator[dict[str, Any]]:
    """Every row as plain data. A row that is finished in ``out`` is read from there.

    Raises ``InputError`` when it was made with other settings or weights.
    """
    for number, (data, task) in enumerate(rows, start=1):
        own, folder = settings.of(data, task), out / f"{data}-{task}"
        identity = digest_json([asdict(own), predictor.model_digest, predictor.numerics])
        found = _finished(folder / ROW_FILE, identity)
        if found is None:
            logger.info("row %d of %d: %s on %s", number, len(rows), task, data)
            found = {**_run_row(own, data, predictor, folder, store, tracking), "made": identity}
            write_text(folder / ROW_FILE, json.dumps(found, indent=1, allow_nan=False) + "\n")
        yield found


def _finished(path: Path, identity: str) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    if found["made"] != identity:
        raise InputError(f"{path}: made with other settings or weights; choose another --out")
    return found


def _run_row(
    settings: DemoSettings,
    data: str,
    predictor: Predictor,
    folder: Path,
    store: Path,
    tracking: Tracking,
) -> dict[str, Any]:
    """Search, tune and measure; test is read once, last, and chooses nothing."""
    began, task, dataset = time.monotonic(), get_task(settings.task), open_dataset(data)
    splits = make_splits(dataset, task.name, settings.sizes, settings.seed)
    spec = with_canvas(dataset.spec(task.name), predictor.canvas)
    names = {part: own.name for part, own, _ in task_parts(task, spec)}
    splits = splits.with_parts(dataset, names)
    group = f"table3 {task.name} {data} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    with (
        Store(store) as opened,
        tracking.run("search", f"search {task.name} {data}", group) as search_run,
        tracking.run("tune", f"tune {task.name} {data}", group) as tune_run,
    ):
        judge = Judge.of(predictor, task, spec, opened)
        part = run_part(predictor.model, judge, splits, settings, folder, search_run, tune_run)
        write_png(folder / PICTURE, row_pictures(predictor, judge, part))
        return {**describe(judge, part, settings), "wall_seconds": time.monotonic() - began}


def describe(judge: Judge, part: DemoPart, settings: DemoSettings) -> dict[str, Any]:
    """The row as plain data: test figures, the panel's deviation, learned against searched."""
    row, panel = part.row, part.search.panel_prompts
    reference = sum_records([r for p in panel for r in judge.recall(p, part.splits.select)])
    table = np.array(
        [scores(judge.task, judge.recall(p, part.splits.test), reference) for p in panel]
    )
    over = compare(
        judge.task,
        judge.spec,
        row.learned.records,
        [row.searched.records],
        part.splits.test.groups,
        reference,
        seed=settings.seed,
        resamples=settings.search.resamples,
    ).gain
    return {
        **row.to_json(),
        "groups": len(set(part.splits.test.groups)),
        "panel_size": len(panel),
        "panel_differs": panel_differs(table),
        "learned_over_searched": _limits(over),
        "chosen": part.tune.chosen,
        "loss_is_not_metric": any(one.loss_is_not_metric for one in part.tune.learned.values()),
        "loss_fell": all(one.loss_fell for one in part.tune.learned.values()),
        "steps": part.tune.steps_made,
        "tune_seconds": part.tune.seconds,
    }


def panel_differs(table: np.ndarray) -> bool:
    """Whether the deviation of prompts is above zero at 95 %; scores (P, M) of test."""
    return bool(np.isfinite(table).all() and components(table).prompt_sd_low > 0)


def _limits(gain: Gain) -> dict[str, float | None]:
    told = gain.to_json()
    return {"gain": told["value"], "ci_low": told["ci_low"], "ci_high": told["ci_high"]}
