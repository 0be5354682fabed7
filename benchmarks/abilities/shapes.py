"""How well shapes are named: IoU per class without the room, which every prompt shows.

mIoU averages over wall and floor too, which are named right whatever the shapes are called; and a
colour that the prompt does not show cannot be known. The Records' counts per class tell apart.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.abilities.ask import Ability
from benchmarks.abilities.contrast import ByPrompt, Contrast, in_words, mean_interval
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Record, sum_records

FIRST_SHAPE = 2  # wall and floor are the classes before it


@dataclass(frozen=True)
class ShapeRow:
    """Mean IoU 0..1 of one ability's classes, of its shapes, and of those that the prompt shows.

    The mean over prompts, with 95 % limits over pictures and prompts; ``told``: how many of the
    ``shapes`` a prompt shows, mean over prompts. Limits and values are NaN when no prompt shows
    a shape.
    """

    ability: str
    examples: int
    prompts: int
    shapes: int
    told: float
    everything: Interval
    alone: Interval
    shown: Interval

    def cells(self) -> dict[str, object]:
        """The row in words, for a table."""
        return {
            "ability": self.ability,
            "all classes (miou)": in_words(self.everything),
            "shapes alone": in_words(self.alone),
            "shapes that the prompt shows": in_words(self.shown),
            "a prompt shows": f"{self.told:.1f} of {self.shapes}",
        }

    def record(self) -> dict[str, object]:
        """The row in numbers, for programs."""
        named = {"miou": self.everything, "shapes": self.alone, "shown": self.shown}
        numbers = {f"{k}_{n}": v for k, i in named.items() for n, v in i.to_json().items()}
        about = {"ability": self.ability, "examples": self.examples, "prompts": self.prompts}
        return {**about, "shape_classes": self.shapes, "told": self.told, **numbers}


@dataclass(frozen=True)
class Found:
    """What was measured of some abilities: contrasts, and how well those with classes name them."""

    contrasts: list[Contrast]
    shapes: list[ShapeRow]


def shape_row(ability: Ability, records: ByPrompt, seed: int = 0) -> ShapeRow:
    """The row of an ability whose Records, ``records[p][j]`` of prompt p on picture j, are
    semantic ones."""
    count = len(ability.spec.coding.palette)
    true = sum_records(records[0]).values[1:].reshape(3, count)[1]
    shapes = {label for label in range(FIRST_SHAPE, count) if true[label]}
    told = [shapes & classes_shown(prompt, count) for prompt in ability.prompts]

    def mean_iou(rows: ByPrompt) -> Interval:
        if not rows:
            return Interval(np.nan, np.nan, np.nan)
        return mean_interval(ability.task, ability.spec, rows, ability.groups, "miou", seed)

    pairs = [(row, shown) for row, shown in zip(records, told, strict=True) if shown]
    return ShapeRow(
        ability=ability.name,
        examples=len(ability.examples),
        prompts=len(records),
        shapes=len(shapes),
        told=float(np.mean([len(shown) for shown in told])),
        everything=mean_iou(records),
        alone=mean_iou([_kept(row, shapes) for row in records]),
        shown=mean_iou([_kept(row, shown) for row, shown in pairs]),
    )


def classes_shown(prompt: Prompt, count: int) -> set[int]:
    """Those of the first ``count`` classes whose colour is in the prompt's target."""
    colours = set(map(tuple, prompt.pair.target.reshape(-1, 3).tolist()))
    return {label for label in range(count) if tuple(prompt.coding.palette[label]) in colours}


def _kept(row: Sequence[Record], classes: Collection[int]) -> list[Record]:
    """Records that count these classes alone; the others' pixels stay wrong where they are."""
    kept = []
    for record in row:
        examples, counts = record.values[:1], record.values[1:].reshape(3, -1)
        counts = counts * np.isin(np.arange(counts.shape[1]), list(classes))
        kept.append(replace(record, values=np.concatenate([examples, counts.ravel()])))
    return kept
