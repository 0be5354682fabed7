"""The pairs of a pool with their crops and mirror images, made when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from painter_kit.data.edits import (
    Box,
    crop_example,
    crop_pair,
    draw_box,
    mirror_example,
    mirror_pair,
)
from painter_kit.evaluation.order import generator
from painter_kit.tasks.base import Task
from painter_kit.types import Example, Examples, Pair, Spec


@dataclass(frozen=True)
class Edit:
    """What is done to a pair: ``flip`` mirrors it, ``crop`` > 0 is the number of a random crop."""

    flip: bool = False
    crop: int = 0

    @property
    def suffix(self) -> str:
        """What it adds to the id of the pair."""
        return "+flip" * self.flip + f"+crop{self.crop}" * (self.crop > 0)


def edits_of(crops: int, flips: bool) -> tuple[Edit, ...]:
    """The pair itself, its mirror image, its crops."""
    return (Edit(), *([Edit(flip=True)] * flips), *(Edit(crop=n + 1) for n in range(crops)))


def box_of(pair_id: str, size: tuple[int, int], edit: Edit, seed: int) -> Box:
    """The crop that seed, id and number draw from a picture of ``size`` (H, W)."""
    return draw_box(size, generator(seed, "crop", pair_id, edit.crop))


@dataclass(frozen=True)
class Variants:
    """``pool``, then all its mirror images, then crop by crop: an ``Examples`` of them all.

    Ids say what was done (``train/000123+flip``, ``+crop2``), groups are those of the pairs.
    """

    pool: Examples
    spec: Spec[Any]
    crops: int = 0
    flips: bool = False
    seed: int = 0

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What is done to every pair, in order."""
        return edits_of(self.crops, self.flips)

    @property
    def ids(self) -> Sequence[str]:
        """Unique names, in order."""
        ids = self.pool.ids
        return [f"{name}{edit.suffix}" for edit in self.edits for name in ids]

    @property
    def groups(self) -> Sequence[str]:
        """Those of the pairs, once for every edit."""
        return list(self.pool.groups) * len(self.edits)

    def __len__(self) -> int:
        return len(self.pool) * len(self.edits)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int, /) -> Example:
        if not 0 <= index < len(self):
            raise IndexError(f"index must be between 0 and {len(self) - 1} but got {index}")
        return self.make(self.pool[self.parent(index)], self.edit(index))

    def make(self, parent: Example, edit: Edit) -> Example:
        """A pair of the pool, edited; itself when nothing is to be done."""
        if edit == Edit():
            return parent
        if edit.flip:
            made = mirror_example(parent, self.spec)
        else:
            made = crop_example(parent, self._box(parent, edit))
        return replace(made, id=f"{parent.id}{edit.suffix}")

    def parent(self, index: int) -> int:
        """The place in ``pool`` of the pair that was edited."""
        return index % len(self.pool)

    def edit(self, index: int) -> Edit:
        """What was done to it."""
        return self.edits[index // len(self.pool)]

    def about(self, index: int) -> dict[str, Any]:
        """What a prompt says of it; nothing for a pair as it is in the pool.

        ``box`` is left, top, width and height in pixels of the pair.
        """
        edit = self.edit(index)
        if edit == Edit():
            return {}
        parent = self.pool[self.parent(index)]
        done: dict[str, Any] = {"parent": parent.id, "flip": edit.flip}
        return {**done, "box": self._box(parent, edit).to_json()} if edit.crop else done

    def _box(self, parent: Example, edit: Edit) -> Box:
        height, width = parent.image.shape[:2]
        return box_of(parent.id, (height, width), edit, self.seed)


def painted_variants(
    task: Task, name: str, pair: Pair, edits: Sequence[Edit], seed: int
) -> list[tuple[Edit, Pair, dict[str, Any]]]:
    """Edits of a pair that is known as painted pictures alone, as far as the task permits.

    Each with what a prompt says of it.
    """
    height, width = pair.image.shape[:2]
    made: list[tuple[Edit, Pair, dict[str, Any]]] = []
    for edit in edits:
        done: dict[str, Any] = {"parent": name, "flip": edit.flip}
        edited = None
        if edit.flip:
            edited = mirror_pair(task, pair)
        elif edit.crop:
            box = box_of(name, (height, width), edit, seed)
            edited, done["box"] = crop_pair(task, pair, box), box.to_json()
        if edited:
            made.append((edit, edited, done))
    return made
