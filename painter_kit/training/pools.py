"""Where pairs of pictures come from: the lists of the released trainer, or any dataset."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from painter_kit.data.base import Dataset
from painter_kit.data.pairs import PAIR_TYPES, PairEntry, read_pair_list
from painter_kit.data.pictures import read_depth, read_image
from painter_kit.data.specs import depth_spec, with_canvas
from painter_kit.errors import InputError
from painter_kit.evaluation.splits import make_split
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Coding, Examples, Image, Pair, Spec

T = TypeVar("T")

_TRIES = 3
_WAIT = 0.2  # seconds before the second try, doubled each time


class PairPool(Protocol):
    """The pairs of one task."""

    def __len__(self) -> int: ...

    def pairs(self, first: int, second: int) -> tuple[Pair, Pair]:
        """Two pairs in the coding of the first, read from their files.

        Raises ``InputError`` naming a file that stays unreadable.
        """
        ...


@dataclass(frozen=True)
class ListedPairs:
    """Pairs of pair lists, below ``root``: painted targets, or depth in millimetres."""

    root: Path
    entries: tuple[PairEntry, ...]

    def __len__(self) -> int:
        return len(self.entries)

    def pairs(self, first: int, second: int) -> tuple[Pair, Pair]:
        """Both pairs as they are on disk."""
        return self._pair(first), self._pair(second)

    def _pair(self, index: int) -> Pair:
        entry = self.entries[index]
        image, path = patiently(read_image, self.root / entry.image_path), entry.target_path
        read = _painted_depth if PAIR_TYPES[entry.type] == "depth" else read_image
        target = patiently(read, self.root / path)
        if image.shape != target.shape:
            raise InputError(
                f"{self.root / path} is {target.shape[1]} x {target.shape[0]} but "
                f"{self.root / entry.image_path} is {image.shape[1]} x {image.shape[0]}; "
                "painterkit prepare makes both"
            )
        return Pair(image, target, Coding())


def _painted_depth(path: Path) -> Image:
    """16-bit millimetres painted grey, 10 m white, cut and not rounded (released code)."""
    depth = read_depth(path)
    return get_task("depth").encode({"depth_m": depth}, depth_spec("nyuv2"), depth.shape)


def patiently(read: Callable[[Path], T], path: Path) -> T:
    """``read(path)``, tried again a few times: shared file systems fail now and then.

    Raises the ``InputError`` of the last try, which names the file.
    """
    for number in range(_TRIES - 1):
        try:
            return read(path)
        except (InputError, OSError):
            time.sleep(_WAIT * 2**number)
    try:
        return read(path)
    except (InputError, OSError) as error:
        raise InputError(f"{error} (after {_TRIES} tries)") from error


def listed_pools(root: Path, lists: Sequence[str]) -> dict[str, ListedPairs]:
    """The pairs of these lists by task. Raises ``InputError`` for a missing or empty list."""
    found: dict[str, list[PairEntry]] = {}
    for name in lists:
        entries = read_pair_list(root / name)
        if not entries:
            raise InputError(f"pair list {root / name} is empty; painterkit prepare makes it")
        for entry in entries:
            found.setdefault(PAIR_TYPES[entry.type], []).append(entry)
    return {task: ListedPairs(root, tuple(entries)) for task, entries in found.items()}


@dataclass(frozen=True)
class DatasetPairs:
    """The examples of a dataset's pool, painted when asked for."""

    examples: Examples
    spec: Spec[Any]

    def __len__(self) -> int:
        return len(self.examples)

    def pairs(self, first: int, second: int) -> tuple[Pair, Pair]:
        """Both examples painted in the coding of the first, or the spec's where it has none."""
        task = get_task(self.spec.task)
        example, other = (patiently(self.examples.__getitem__, i) for i in (first, second))  # pyright: ignore
        pair = make_pair(task, self.spec, example)
        spec = self.spec.with_coding(pair.coding)
        target = task.encode(other.truth, spec, (other.image.shape[0], other.image.shape[1]))
        return pair, Pair(other.image, target, pair.coding)


def dataset_pools(dataset: Dataset, mix: Mapping[str, float], side: int) -> dict[str, DatasetPairs]:
    """The pool of every task that ``mix`` gives a share, for a model of this side.

    Held-back splits are never read. Raises ``InputError`` for a task that the dataset lacks and
    for tasks that are not painted themselves but made of parts.
    """
    pools = {}
    for name, share in mix.items():
        if share <= 0:
            continue
        if name not in dataset.tasks or get_task(name).parts:
            known = ", ".join(t for t in dataset.tasks if not get_task(t).parts)
            raise InputError(f"mix: data {dataset.name} has no task {name!r}; it has {known}")
        examples = make_split(dataset, name, "pool")
        pools[name] = DatasetPairs(examples, with_canvas(dataset.spec(name), side))
    return pools
