"""Preparing a whole dataset in one process."""

from collections.abc import Sequence
from pathlib import Path

from painter_kit.data.prepare.base import PrepareOptions, Step, run_items


def prepare_all(steps: Sequence[Step], root: Path) -> tuple[int, list[str]]:
    """How many items were made, and the names of the lists."""
    made, lists = 0, []
    for step in steps:
        made += run_items(step.items(root, PrepareOptions()))
        lists += [path.relative_to(root).as_posix() for path in step.finish(root, PrepareOptions())]
    return made, lists
