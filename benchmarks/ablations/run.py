"""Training the cells one after the other; what is finished is not trained again."""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from benchmarks.ablations.results import Result, all_finished, finished
from benchmarks.ablations.variants import Cell
from painter_kit.documents import read_json
from painter_kit.errors import InputError, PainterKitError
from painter_kit.files import write_text
from painter_kit.schema import Builder
from painter_kit.training.precision import in_force
from painter_kit.training.state import STATE_FILE

logger = logging.getLogger(__name__)

SITTINGS_FILE = "sittings.json"

Start = Callable[[Sequence[str]], int]


@dataclass(frozen=True)
class Sittings:
    """What a cell took over all its sittings: processor time in seconds, validation included, and
    the numbers that the network multiplied (several if it moved to another machine).

    Wall time says little on a machine that does other work too.
    """

    cpu_seconds: float = 0.0
    precisions: tuple[str, ...] = ()


def painterkit(arguments: Sequence[str]) -> int:
    """Run ``painterkit`` with these arguments as a process of its own; its exit code."""
    return subprocess.run([sys.executable, "-m", "painter_kit", *arguments]).returncode


def run_cells(
    chosen: Sequence[Cell], out: Path, store: Path, start: Start = painterkit
) -> Iterator[list[Result]]:
    """Train what is not finished, continue what is half done.

    Gives all results that there are, in the order of ``chosen``: those found at the beginning, and
    after each training again. Raises ``InputError`` for a folder of another training before any
    begins, and ``PainterKitError`` naming the cell whose training failed.
    """
    found = all_finished(chosen, out)
    if found:
        yield found
    for number, cell in enumerate(chosen, start=1):
        if finished(cell, out) is None:
            logger.info("cell %d of %d: %s", number, len(chosen), cell.folder)
            _train(cell, out, store, start)
            yield all_finished(chosen, out)


def _train(cell: Cell, out: Path, store: Path, start: Start) -> None:
    arguments = cell.arguments(out, store)
    if (out / cell.folder / STATE_FILE).is_file():
        arguments.append("--resume")
    elif (out / cell.folder).exists():
        arguments.append("--overwrite")
    with _noted(cell, out):
        code = start(arguments)
    if code or finished(cell, out) is None:
        raise PainterKitError(
            f"training {cell.folder} failed with exit code {code}; the same command continues it"
        )


@contextmanager
def _noted(cell: Cell, out: Path) -> Iterator[None]:
    """Add a sitting to the cell's: the time of the processes that end meanwhile."""
    before = _children_seconds()
    try:
        yield
    finally:
        known = sittings(out)
        so_far = known.get(cell.folder, Sittings())
        now = in_force(cell.settings().precision, torch.device("cpu"))
        known[cell.folder] = Sittings(
            so_far.cpu_seconds + _children_seconds() - before,
            tuple(dict.fromkeys((*so_far.precisions, now))),
        )
        plain = {folder: asdict(one) for folder, one in known.items()}
        write_text(out / SITTINGS_FILE, json.dumps(plain, indent=1))


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sittings(out: Path) -> dict[str, Sittings]:
    """What each cell took, by folder. Raises ``InputError`` for a file that is not as written."""
    path = out / SITTINGS_FILE
    if not path.is_file():
        return {}
    builder = Builder(lambda key: str(path))
    try:
        return {name: builder.build(Sittings, one) for name, one in read_json(path).items()}
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: not as written ({error}); remove it, the times are lost"
        ) from error
