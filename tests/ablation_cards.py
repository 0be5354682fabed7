"""Cards as trainings of the ablations leave them, without the training."""

import json
from pathlib import Path
from typing import Any

from benchmarks.ablations.results import CARD, Result
from benchmarks.ablations.variants import Cell, cells
from painter_kit.config import dump_config

UNITS = {"depth": ("rmse", "min", "m"), "denoise": ("psnr", "max", "dB")}
ALSO = {"semantic": "macc"}


def card_of(cell: Cell, values: dict[str, float]) -> dict[str, Any]:
    """A card with these primary metrics by task; mAcc is a tenth more than mIoU."""
    tasks = []
    for task, value in values.items():
        metric, direction, unit = UNITS.get(task, ("miou", "max", ""))
        metrics = {metric: {"mean": value, "sd": 0.1}}
        if task in ALSO:
            metrics[ALSO[task]] = {"mean": value + 0.1, "sd": 0.2}
        about = {"task": task, "primary": metric, "direction": direction, "unit": unit}
        tasks.append({**about, "prompts": ["a", "b"], "examples": 256, "metrics": metrics})
    validation = {"data": "world", "split": "select", "tasks": tasks}
    about = {"canvas": 64, "samples": 8000, "seconds": 9.0, "parameters": 2_159_331}
    return {**about, "recipe": dump_config(cell.settings()), "validation": validation}


def result(name: str, seed: int, **values: float) -> Result:
    """A finished cell with these primary metrics by task."""
    cell = next(c for c in cells([name]) if c.seed == seed)
    return Result(cell, card_of(cell, values))


def write_card(cell: Cell, out: Path, value: float = 0.5) -> None:
    """What the cell's training would leave in ``out``, as far as it is read."""
    (out / cell.folder).mkdir(parents=True, exist_ok=True)
    card = card_of(cell, dict.fromkeys(cell.settings().trained, value))
    (out / cell.folder / CARD).write_text(json.dumps(card))
