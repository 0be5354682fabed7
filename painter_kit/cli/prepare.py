"""``painterkit prepare``: official downloads into painted pairs and pair lists."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.options import options
from painter_kit.cli.output import emit, progress, say, table
from painter_kit.errors import InputError, MissingError

if TYPE_CHECKING:
    from painter_kit.data.prepare.base import Item, PrepareOptions, Step

log = logging.getLogger(__name__)

_MEASURED = 50  # files whose sizes an estimate of the disk is made of


def root_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb ``--root``, for which ``--data-root`` and PAINTERKIT_DATA stand as well."""
    return click.option(
        "--root",
        "--data-root",
        "root",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="PAINTERKIT_DATA",
        show_envvar=True,
        metavar="DIR",
        help="Folder that holds the data sets.",
    )(function)


def existing_root(root: Path | None) -> Path:
    """The folder that was given. Raises ``InputError`` when there is none or it does not exist."""
    if root is None:
        raise InputError("give --root DIR, the folder that holds the data sets")
    if not root.is_dir():
        raise InputError(f"--root {root} does not exist; give the folder that holds the data sets")
    return root


@dataclass
class Part:
    """A step with its work: ``done`` of ``items`` before, ``made`` now, and the lists written.

    ``left_out`` says why a step that was not asked for by name cannot be made.
    """

    step: Step
    items: Sequence[Item] = ()
    done: int = 0
    disk: int | None = None
    made: int = 0
    lists: list[Path] = field(default_factory=list)
    left_out: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "step": self.step.name,
            "items": len(self.items),
            "done": self.done,
            "made": self.made,
            "bytes": self.disk,
            "lists": self.lists,
            "left_out": self.left_out or None,
        }

    def cells(self) -> dict[str, object]:
        """A row for people."""
        size = "" if self.disk is None else f"{self.disk / 1e6:,.0f} MB"
        what = f"left out: {self.left_out}" if self.left_out else self.step.text
        return {
            "step": self.step.name,
            "items": len(self.items),
            "done": self.done,
            "about": size,
            "": what,
        }


@click.command()
@click.argument("dataset", shell_complete=complete(completion.prepared))
@root_option
@click.option("--steps", metavar="NAME,...", help="Only these steps [all].")
@click.option("--workers", type=click.IntRange(min=1), help="Processes [all cores].")
@click.option("--copies", type=click.IntRange(min=0), help="Augmented copies [as released].")
@click.option("--patches", type=click.IntRange(min=1), help="Patches per picture of SIDD [300].")
@options("seed", "plan", "json")
def command(dataset: str, **flags: Any) -> None:
    """Make painted pairs and pair lists of DATASET, as the released trainer reads them.

    Files that exist are not made again, so that a preparation that was stopped goes on where it
    was. Steps whose downloads are not there are left out unless they are asked for by name.

    Example: painterkit prepare coco --root data --steps semantic,instances --copies 2
    """
    from painter_kit.data.prepare.base import run_items
    from painter_kit.data.prepare.table import get_preparation

    preparation = get_preparation(dataset)
    chosen = choose_steps(preparation.steps, flags["steps"])
    root, wanted = existing_root(flags["root"]), _options(flags)
    parts = find_parts(chosen, root, wanted, named=flags["steps"] is not None)
    say(_plan(dataset, parts), as_json=not flags["plan"] or flags["as_json"])
    if flags["plan"]:
        return _emit(dataset, root, parts, flags["as_json"])
    workers = flags["workers"] or len(os.sched_getaffinity(0))
    start = time.monotonic()
    for part in (p for p in parts if not p.left_out):
        with progress(len(part.items), f"{dataset} {part.step.name}") as bar:
            part.made = run_items(part.items, workers, bar.update)
        part.lists = list(part.step.finish(root, wanted))
    _tell(dataset, root, parts, time.monotonic() - start, flags["as_json"])
    _emit(dataset, root, parts, flags["as_json"])


def _options(flags: dict[str, Any]) -> PrepareOptions:
    from painter_kit.data.prepare.base import PrepareOptions

    names = ("seed", "copies", "patches")
    return PrepareOptions(**{n: flags[n] for n in names if flags[n] is not None})


def choose_steps(steps: Sequence[Step], names: str | None) -> list[Step]:
    """The steps that are named, in their own order; all without names.

    Raises ``InputError`` for a name that no step has.
    """
    if names is None:
        return list(steps)
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    known = [step.name for step in steps]
    wrong = [name for name in wanted if name not in known]
    if wrong or not wanted:
        raise InputError(
            f"--steps {names}: no step {wrong[0] if wrong else 'named'}; steps: {', '.join(known)}"
        )
    return [step for step in steps if step.name in wanted]


def find_parts(
    steps: Sequence[Step], root: Path, wanted: PrepareOptions, named: bool
) -> list[Part]:
    """The work of every step. A step without its sources is left out, if others have theirs.

    Raises ``InputError`` when it was ``named``, when no step has its sources, and for sources
    that are there but broken.
    """
    parts, errors = [], []
    for step in steps:
        try:
            items = step.items(root, wanted)
        except MissingError as error:
            if named:
                raise
            errors.append(error)
            parts.append(Part(step, left_out=str(error)))
            continue
        done = sum(item.done for item in items)
        parts.append(Part(step, items, done, about_disk(items)))
    if errors and len(errors) == len(parts):
        raise errors[0]
    return parts


def about_disk(items: Sequence[Item]) -> int | None:
    """About how many bytes all items take, from those that exist; None when there is none."""
    spread = items[:: max(1, len(items) // _MEASURED)]
    sizes = [
        sum(path.stat().st_size for path in item.outputs if path.is_file())
        for item in spread
        if item.done
    ]
    return round(sum(sizes) / len(sizes) * len(items)) if any(sizes) else None


def _plan(dataset: str, parts: Sequence[Part]) -> str:
    todo = sum(len(part.items) - part.done for part in parts)
    return f"{dataset}: {todo} items to make\n{table([part.cells() for part in parts])}"


def _tell(dataset: str, root: Path, parts: Sequence[Part], seconds: float, as_json: bool) -> None:
    made = sum(part.made for part in parts)
    lines = [f"{made} items made in {seconds:.1f} s"]
    lines += [f"pair list: {path}" for part in parts for path in part.lists]
    lines += [f"left out: {p.step.name} ({p.left_out})" for p in parts if p.left_out]
    lines.append(
        f"next: painterkit datasets check {dataset} --root {root}\n"
        f"      painterkit evaluate --task all --data {dataset} --data-root {root}"
    )
    say("\n".join(lines), as_json)


def _emit(dataset: str, root: Path, parts: Sequence[Part], as_json: bool) -> None:
    if as_json:
        steps = [part.to_json() for part in parts]
        emit({"dataset": dataset, "root": root, "steps": steps})
