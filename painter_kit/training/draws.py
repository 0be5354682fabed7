"""Which examples a trained model is judged on: random prompts, and queries they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from painter_kit.data.base import Dataset
from painter_kit.data.specs import with_canvas
from painter_kit.errors import InputError
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.pool import flaw, pool_prompt
from painter_kit.evaluation.splits import make_split
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Example, Examples, Spec


@dataclass(frozen=True)
class Resized:
    """``dataset`` with the specs of a model whose sub-images have this side."""

    dataset: Dataset
    side: int

    @property
    def name(self) -> str:
        """That of the dataset."""
        return self.dataset.name

    @property
    def sources(self) -> Mapping[str, str]:
        """Those of the dataset."""
        return self.dataset.sources

    @property
    def tasks(self) -> tuple[str, ...]:
        """Those of the dataset."""
        return self.dataset.tasks

    def spec(self, task: str) -> Spec[Any]:
        """The task's spec at the model's size."""
        return with_canvas(self.dataset.spec(task), self.side)

    def examples(self, task: str, subset: str) -> Examples:
        """Those of the dataset, at their own sizes."""
        return self.dataset.examples(task, subset)


def split_examples(dataset: Dataset, task: str, split: str) -> Examples:
    """The subset of a split, or the split's share of a subset that several splits are cut from."""
    subset = dataset.sources[split]
    if list(dataset.sources.values()).count(subset) > 1:
        return make_split(dataset, task, split)
    return dataset.examples(task, subset)


def draw_queries(
    dataset: Dataset, task: str, split: str, count: int, seed: int = 0
) -> list[Example]:
    """Up to ``count`` examples of a split in keyed order, the same scenes for all tasks whose
    subsets share ids. Raises ``InputError`` when there is none."""
    source = split_examples(dataset, task, split)
    if not len(source):
        raise InputError(f"--data {dataset.name}: no examples of {task} to validate on")
    return [source[i] for i in keyed_order(source.ids, "validation queries", seed)[:count]]


def draw_prompts(dataset: Dataset, name: str, count: int, seed: int = 0) -> list[Prompt]:
    """The first ``count`` pairs of the pool's subset in keyed order that can be prompts in a
    search too (``pool.flaw``). Raises ``InputError`` when there are fewer."""
    task, spec = get_task(name), dataset.spec(name)
    source = split_examples(dataset, name, "pool")
    found: list[Prompt] = []
    for index in keyed_order(source.ids, "validation prompts", name, seed):
        if len(found) == count:
            break
        example = source[index]
        pair = make_pair(task, spec, example)
        if not flaw(task, spec, example, pair):
            found.append(pool_prompt(task, spec, example, pair))
    if len(found) < count:
        raise InputError(
            f"--data {dataset.name}: {count} validation prompts of {name} are asked for but "
            f"{len(found)} can be made; lower validation_prompts"
        )
    return found
