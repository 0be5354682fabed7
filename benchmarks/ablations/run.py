"""Training the cells one after the other; what is finished is not trained again."""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.ablations.variants import Cell
from painter_kit.config import dump_config
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text
from painter_kit.training.precision import autocast
from painter_kit.training.recipe import TrainSettings, network_config
from painter_kit.training.state import STATE_FILE

logger = logging.getLogger(__name__)

CARD = "card.json"
CPU_FILE = "cpu_seconds.json"
_TIMED = 3


@dataclass(frozen=True)
class Result:
    """A finished cell with its card's content."""

    cell: Cell
    card: dict[str, Any]


def painterkit(arguments: Sequence[str]) -> int:
    """Run ``painterkit`` with these arguments as a process of its own; its exit code."""
    return subprocess.run([sys.executable, "-m", "painter_kit", *arguments]).returncode


def finished(cell: Cell, out: Path) -> Result | None:
    """The cell's result if it is there.

    Raises ``InputError`` when the folder holds a training with other settings.
    """
    path = out / cell.folder / CARD
    if not path.is_file():
        return None
    card = json.loads(path.read_text(encoding="utf-8"))
    if card["recipe"] != dump_config(cell.settings()):
        raise InputError(f"{path}: trained with other settings; choose another --out")
    return Result(cell, card)


def run_cells(
    chosen: Sequence[Cell],
    out: Path,
    store: Path,
    start: Callable[[Sequence[str]], int] = painterkit,
) -> list[Result]:
    """Train what is not finished, continue what is half done; all results in order.

    Raises ``PainterKitError`` naming the cell whose training failed.
    """
    results = []
    for number, cell in enumerate(chosen, start=1):
        found = finished(cell, out)
        if found is None:
            logger.info("cell %d of %d: %s", number, len(chosen), cell.folder)
            found = _train(cell, out, store, start)
        results.append(found)
    return results


def _train(cell: Cell, out: Path, store: Path, start: Callable[[Sequence[str]], int]) -> Result:
    arguments = cell.arguments(out, store)
    if (out / cell.folder / STATE_FILE).is_file():
        arguments.append("--resume")
    elif (out / cell.folder).exists():
        arguments.append("--overwrite")
    with _timed(cell, out):
        code = start(arguments)
    found = finished(cell, out) if code == 0 else None
    if found is None:
        raise PainterKitError(
            f"training {cell.folder} failed with exit code {code}; the same command continues it"
        )
    return found


@contextmanager
def _timed(cell: Cell, out: Path) -> Iterator[None]:
    """Add the processor time of the processes that end meanwhile to the cell's."""
    before = _children_seconds()
    try:
        yield
    finally:
        known = cpu_seconds(out)
        known[cell.folder] = known.get(cell.folder, 0.0) + _children_seconds() - before
        write_text(out / CPU_FILE, json.dumps(known, indent=1))


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_seconds(out: Path) -> dict[str, float]:
    """Processor time of each cell's training, over all sittings, by folder.

    Wall time says little on a machine that does other work too.
    """
    path = out / CPU_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def measured_rate(settings: TrainSettings) -> float:
    """Samples per second of all processes of a recipe on this machine as it is now, from a few
    updates of one process on random pictures."""
    torch.set_num_threads(settings.threads)
    model = network_config(settings).build().train()
    rows, columns = 2 * model.canvas // model.patch_size, model.canvas // model.patch_size
    images, targets = torch.randn(2, settings.batch, 3, 2 * model.canvas, model.canvas)
    mask = torch.zeros(settings.batch, rows, columns)
    mask[:, rows // 2 :] = 1
    began = 0.0
    for step in range(_TIMED + 1):
        if step == 1:
            began = time.monotonic()  # the first one warms up
        with autocast(settings.precision, torch.device("cpu")):
            loss = model(images, targets, mask).loss
        loss.backward()
    return settings.processes * settings.batch * _TIMED / (time.monotonic() - began)


def expected_hours(chosen: Sequence[Cell], out: Path, rate: float) -> tuple[int, float]:
    """How many cells are left to train, and the hours that their samples take at ``rate`` samples
    per second of the recipe itself; validation comes on top."""
    left = [cell for cell in chosen if finished(cell, out) is None]
    seconds = 0.0
    for cell in left:
        settings = cell.settings()
        samples = settings.iterations * settings.samples_per_iteration
        seconds += cell.variant.cost * samples / rate
    return len(left), seconds / 3600
