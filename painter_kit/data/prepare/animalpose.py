"""``painterkit prepare animalpose``, and how Animal-Pose on disk is checked.

Counts are those of mmpose's preparation. Where only the first release is there (``keypoints.json``,
4,608 pictures by the account of its users) that is prepared and checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.animalpose import FOLDERS, ORIGINAL, annotation_file, open_animalpose
from painter_kit.data.prepare.animals import Herded
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step

_COUNTS = {"train": 2_798, "val": 810, "trainval": 3_608, "test": 1_000}
HERDED = Herded(
    partial(open_animalpose, ""),
    {part: annotation_file(part) for part in ("train", "val")},
    {annotation_file(part): count for part, count in _COUNTS.items()},
)
FIRST = Herded(partial(open_animalpose, "original"), {"all": ORIGINAL}, {ORIGINAL: 4_608})


def _release(root: Path) -> Herded:
    """What is there: the first release only where mmpose's annotations are not."""
    folder = root / FOLDERS[0]
    first = (folder / ORIGINAL).is_file() and not (folder / "annotations").is_dir()
    return FIRST if first else HERDED


def _items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    return _release(root).step().items(root, options)


def _lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    return _release(root).step().finish(root, options)


STEPS = (Step("keypoints", HERDED.step().text, _items, _lists),)


def check(root: Path, deep: bool) -> list[Finding]:
    """A Finding per annotation file and per folder of pictures that one names."""
    return _release(root).check(root, deep)
