"""Abilities as data, and the Records of pictures that are painted under many prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.abilities.contrast import ByPrompt, Contrast, contrast
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.evaluate import measure_painted, orientation, primary
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task
from painter_kit.training.draws import split_examples
from painter_kit.types import Example, Record, Spec, Truth

# Their palettes have like colours for many classes, so that each is decoded as the other.
ALIKE = {"semantic": ("coco-semantic",), "coco-semantic": ("semantic",)}


@dataclass(frozen=True)
class Ability:
    """Something asked of the model: a task, the examples that judge it, and random prompts.

    ``kind`` names the prompts among others. Abilities whose i-th examples show the same picture
    can be asked together. ``trained`` are truths of training pictures and ``plain`` answers by
    name, one truth per example: what no model reaches is made of them.
    """

    name: str
    kind: str
    task: Task
    spec: Spec[Any]
    examples: Sequence[Example]
    prompts: Sequence[Prompt]
    trained: Sequence[Truth] = ()
    plain: Mapping[str, Sequence[Truth]] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        """Group of every example."""
        return [example.group for example in self.examples]

    def records(self, painted: np.ndarray, number: int) -> list[Record]:
        """Records of painted outputs (n, S, S, 3), decoded as the prompt of this number says."""
        spec = self.prompts[number].effective(self.spec)
        return [
            measure_painted(self.task, spec, output, example)
            for output, example in zip(painted, self.examples, strict=True)
        ]

    def contrast(self, against: str, right: ByPrompt, other: ByPrompt, seed: int = 0) -> Contrast:
        """The contrast of these Records, decoded under the codings of the ability's prompts."""
        intervals = contrast(self.task, self.spec, right, other, self.groups, seed)
        ours, theirs, gain = intervals
        counts = len(self.examples), len(right)
        return Contrast(self.name, self.spec, *counts, ours, against, theirs, gain)


def cross_records(
    predictor: Predictor, abilities: Sequence[Ability], prompts: Mapping[str, Sequence[Prompt]]
) -> dict[str, dict[str, list[list[Record]]]]:
    """Ability -> kind of prompt -> Records by prompt: every kind is asked for every ability.

    All kinds have as many prompts as the abilities. Each prompt paints the pictures once; what
    it paints is decoded in the coding of the ability's own prompt of the same number.
    """
    images = [example.image for example in abilities[0].examples]
    found: dict[str, dict[str, list[list[Record]]]] = {a.name: {} for a in abilities}
    for kind, chosen in prompts.items():
        for number, prompt in enumerate(chosen):
            painted = predictor.pictures(prompt, images)
            for ability in abilities:
                rows = found[ability.name].setdefault(kind, [])
                rows.append(ability.records(painted, number))
    return found


def existing(data: str, task: str, count: int) -> int:
    """How many queries of the test split there are, ``count`` at most."""
    return min(count, len(split_examples(open_dataset(data), task, "test")))


def best_other(ability: Ability, records: Mapping[str, ByPrompt]) -> str:
    """The kind of prompt with the best mean metric, apart from the right and blank ones and those
    of the same question in another palette, which are not wrong."""
    alike = {ability.kind, "blank", *ALIKE.get(ability.kind, ())}

    def goodness(kind: str) -> float:
        values = [primary(ability.task, ability.spec, row) for row in records[kind]]
        return orientation(ability.spec) * float(np.mean(values))

    return max((kind for kind in records if kind not in alike), key=goodness)
