"""A part of a suite opened on its data: queries, supports, and the prompts that supports make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.suites.base import Part
from benchmarks.suites.episodes import Listed
from painter_kit.data.base import Categorised, Dataset, check_task, open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.errors import InputError
from painter_kit.evaluation.loaded import Loaded
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.pool import Validity, flaw, pool_prompt
from painter_kit.evaluation.splits import make_split
from painter_kit.inference.ensemble import EnsemblePrompt, How, WholePrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, get_task, make_pair
from painter_kit.types import Examples, Pair, Spec, Subset


@dataclass(frozen=True)
class OpenPart:
    """A part with its data. ``spec`` fits the model; nothing but lists has been read."""

    part: Part
    task: Task
    spec: Spec[Any]
    dataset: Dataset
    queries: Examples
    supports: Loaded
    seed: int
    root: Path | None = None

    @cached_property
    def asked(self) -> Listed:
        """The queries as lists."""
        return _listed(self.queries, self.part.by == "class")

    @cached_property
    def shown(self) -> Listed:
        """The supports as lists."""
        return _listed(self.supports, self.part.by == "class")

    @cached_property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """Categories that a query of a whole part shows, by id, where the data tell them."""
        if not isinstance(self.dataset, Categorised):
            return {}
        subset = self.part.queries or self.dataset.sources["test"]
        return self.dataset.categories(self.part.task, subset)

    @cached_property
    def places(self) -> dict[str, int]:
        """Place of every support by id."""
        return {name: place for place, name in enumerate(self.supports.ids)}

    def usable(self, category: str, count: int) -> list[str]:
        """Ids of the first ``count`` supports of a category in drawing order that can be prompts.

        Supports of a part by class are opened only where it sets conditions: their reader has
        listed them because they show the category.
        """
        names = self._ordered(category)
        if self.part.by == "class" and not (self.part.min_foreground or self.part.min_classes):
            return names[:count]
        valid = Validity(min_foreground=self.part.min_foreground, min_classes=self.part.min_classes)
        found: list[str] = []
        for name in names:
            if len(found) == count:
                break
            example = self.supports[self.places[name]]
            if not flaw(self.task, self.spec, example, self.pair(name), valid):
                found.append(name)
        return found

    @cached_property
    def _orders(self) -> dict[str, list[str]]:
        """Categories that were asked for, with all their supports in drawing order."""
        return {}

    def _ordered(self, category: str) -> list[str]:
        if category not in self._orders:
            names = [self.shown.ids[i] for i in self.shown.of(category)]
            order = keyed_order(names, "supports", self.seed)
            self._orders[category] = [names[i] for i in order]
        return self._orders[category]

    def pair(self, name: str) -> Pair:
        """The painted pair of a support."""
        return make_pair(self.task, self.spec, self.supports[self.places[name]])

    def prompt(self, names: Sequence[str], how: How = "output") -> WholePrompt:
        """The prompt that these supports make; several paint together, in the first's colours."""
        made = [self.one(name) for name in names]
        if len(made) == 1:
            return made[0]
        members = [self._recoded(name, made[0]) for name in names]
        return EnsemblePrompt(members, how, kind="random", spec_digest=self.spec.digest)

    def one(self, name: str) -> Prompt:
        """The prompt that a single support makes, in its own colours."""
        return pool_prompt(self.task, self.spec, self.supports[self.places[name]], self.pair(name))

    def _recoded(self, name: str, first: Prompt) -> Prompt:
        """The support painted in another's colours, because members must share them."""
        example = self.supports[self.places[name]]
        height, width = example.image.shape[:2]
        spec = self.spec.with_coding(first.coding)
        pair = Pair(
            example.image, self.task.encode(example.truth, spec, (height, width)), first.coding
        )
        return pool_prompt(self.task, self.spec, example, pair)


def open_part(
    part: Part, root: Path | None, canvas: int, count: int | None = None, seed: int = 0
) -> OpenPart:
    """Open a part's data; at most ``count`` queries, spread over its categories.

    Raises ``InputError`` for data or subsets that are not there, a task without truth in them and
    a task with parts, whose prompts are several.
    """
    task, dataset = get_task(part.task), open_dataset(part.data, root)
    if task.parts:
        raise InputError(
            f"part {part.name}: {task.name} is painted under several prompts; ask its parts "
            f"({', '.join(task.parts)}) for themselves"
        )
    check_task(dataset, task.name)
    spec = with_canvas(dataset.spec(task.name), canvas)
    queries = _subset(dataset, part, part.queries, "test")
    supports = queries if part.by == "class" else _subset(dataset, part, part.supports, "pool")
    if part.by == "class" and part.supports:
        supports = dataset.examples(task.name, part.supports)
    chosen = Subset(queries, tuple(_spread(queries, part.by == "class", count)))
    return OpenPart(part, task, spec, dataset, chosen, Loaded(supports), seed, root)


def _subset(dataset: Dataset, part: Part, subset: str | None, split: str) -> Examples:
    if subset:
        return dataset.examples(part.task, subset)
    if part.by == "class":
        return dataset.examples(part.task, dataset.sources[split])
    return make_split(dataset, part.task, split)


def _spread(examples: Examples, by_class: bool, count: int | None) -> list[int]:
    """Places of at most ``count`` examples, the categories in turn; in the order of the list."""
    if count is None or count >= len(examples):
        return list(range(len(examples)))
    listed = _listed(examples, by_class)
    ranked = [
        (rank, place)
        for category in listed.distinct
        for rank, place in enumerate(_mixed(listed, category) if by_class else listed.of(category))
    ]
    return sorted(place for _, place in sorted(ranked)[:count])


def _mixed(listed: Listed, category: str) -> list[int]:
    places = listed.of(category)
    return [places[i] for i in keyed_order([listed.ids[p] for p in places], "queries")]


def _listed(examples: Examples, by_class: bool) -> Listed:
    ids = list(examples.ids)
    categories = [name.rpartition("/")[0] if by_class else "" for name in ids]
    return Listed(ids, list(examples.groups), categories)
