"""Four disjoint sets of examples: candidates, judges, confirmation and test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from painter_kit.data.base import Dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.loaded import loaded
from painter_kit.evaluation.order import keyed_order
from painter_kit.types import Examples, Subset

# Shares of a subset that several splits are cut from, and the fewest groups a split can do with:
# two candidates to choose from, two groups to tell a difference from chance.
SHARES = {"pool": 0.40, "select": 0.25, "confirm": 0.15, "test": 0.20}
FEWEST = {"pool": 2, "select": 2, "confirm": 2, "test": 1}


@dataclass(frozen=True)
class Sizes:
    """At most this many examples of each split; None takes all that there are."""

    pool: int | None = None
    select: int | None = None
    confirm: int | None = None
    test: int | None = None

    def __post_init__(self) -> None:
        for name, least in FEWEST.items():
            size = getattr(self, name)
            if size is not None and size < least:
                raise InputError(f"--{name} must be at least {least} but got {size}")


@dataclass(frozen=True)
class Splits:
    """``pool`` gives candidates, ``select`` judges them, ``confirm`` measures the gain.

    ``test`` is read by evaluation only, never for a choice. No group is in two of them. Every
    split is in a random-looking order of its own, so that a prefix is a fair sample. ``parts``
    holds the same splits for each part of a task that has them, by name. ``dataset`` is what
    they were cut from: it may name a released prompt, and has the truth of other tasks.
    """

    pool: Examples
    select: Examples
    confirm: Examples
    test: Examples
    parts: Mapping[str, Splits] = field(default_factory=dict)
    dataset: Dataset | None = field(default=None, repr=False)

    def loaded(self) -> Splits:
        """The same splits, each example read once as far as memory allows."""
        return self.mapped(loaded)

    def mapped(self, change: Callable[[Examples], Examples]) -> Splits:
        """The same splits, and those of the parts, with what ``change`` makes of each."""
        parts = {name: splits.mapped(change) for name, splits in self.parts.items()}
        made = _splits(lambda name: change(getattr(self, name)), parts)
        return replace(made, dataset=self.dataset)

    @property
    def counts(self) -> dict[str, int]:
        """Examples in each split."""
        return {name: len(getattr(self, name)) for name in SHARES}

    def with_parts(self, dataset: Dataset, tasks: Mapping[str, str]) -> Splits:
        """The same with the splits of every part; ``tasks`` names the task of each part.

        A part has the examples of its own task with the ids of the joint splits, so that none
        comes into another split than the joint example of its id, whatever groups it forms.
        Raises ``InputError`` when a split of a part is left with too few.
        """

        def split(task: str, name: str) -> Subset:
            return part_split(dataset, task, name, getattr(self, name))

        parts = {part: _splits(partial(split, task)) for part, task in tasks.items()}
        return replace(self, parts=parts)


def _splits(make: Callable[[str], Examples], parts: Mapping[str, Splits] | None = None) -> Splits:
    return Splits(make("pool"), make("select"), make("confirm"), make("test"), parts or {})


def make_splits(dataset: Dataset, task: str, sizes: Sizes | None = None, seed: int = 0) -> Splits:
    """The four splits of a dataset.

    Splits that ``dataset.sources`` draws from one subset are cut from it by groups in a fixed
    order, at the shares 40/25/15/20 (of those present). Which examples are in confirm and test
    never depends on ``seed``, so that no seed sees another's test set; the seed chooses
    among the examples of pool and select and orders them.

    Raises ``InputError`` when the dataset does not know the task or is too small.
    """
    sizes = sizes or Sizes()
    _check_task(dataset, task)
    parts: dict[str, Subset] = {}
    for subset in dict.fromkeys(dataset.sources[split] for split in SHARES):
        parts.update(_cut_subset(dataset, task, subset, sizes, seed))
    return replace(_splits(parts.__getitem__), dataset=dataset)


def make_split(
    dataset: Dataset, task: str, name: str, size: int | None = None, seed: int = 0
) -> Subset:
    """One split exactly as ``make_splits`` cuts it; only the subset that it is drawn from is read.

    Raises ``InputError`` as ``make_splits`` does.
    """
    _check_task(dataset, task)
    sizes = Sizes(**{name: size})
    return _cut_subset(dataset, task, dataset.sources[name], sizes, seed)[name]


def part_split(dataset: Dataset, part: str, name: str, split: Examples) -> Subset:
    """The examples for the task ``part`` with the ids of ``split``, which is called ``name``.

    Ids without truth for the part are left out. Raises ``InputError`` if too few remain.
    """
    _check_task(dataset, part)
    source = dataset.examples(part, dataset.sources[name])
    places = {example: index for index, example in enumerate(source.ids)}
    indices = tuple(places[example] for example in split.ids if example in places)
    if len(indices) < FEWEST[name]:
        raise InputError(
            f"--data {dataset.name}: only {len(indices)} of the {len(split)} pictures of {name} "
            f"have truth for {part}, at least {FEWEST[name]} are needed; add examples"
        )
    return Subset(source, indices)


def _check_task(dataset: Dataset, task: str) -> None:
    if task not in dataset.tasks:
        known = ", ".join(dataset.tasks)
        raise InputError(f"--data {dataset.name} has no truth for {task!r}; it has: {known}")


def _cut_subset(
    dataset: Dataset, task: str, subset: str, sizes: Sizes, seed: int
) -> dict[str, Subset]:
    """The splits that are drawn from ``subset``, each in its own order and at its size."""
    names = [split for split in SHARES if dataset.sources[split] == subset]
    source = dataset.examples(task, subset)
    cut = _cut(source, names, f"--data {dataset.name} ({subset})")
    return {
        name: _ordered(
            source,
            indices,
            getattr(sizes, name),
            (name, seed if name in ("pool", "select") else "fixed"),
        )
        for name, indices in cut.items()
    }


def _cut(source: Examples, names: Sequence[str], what: str) -> dict[str, list[int]]:
    """Indices of each split: whole groups in keyed order, as many as its share asks for."""
    groups = source.groups
    distinct = sorted(set(groups))
    needed = sum(FEWEST[name] for name in names)
    if len(distinct) < needed:
        wish = ", ".join(f"{name} {FEWEST[name]}" for name in names)
        raise InputError(
            f"{what} holds {len(groups)} examples in {len(distinct)} groups but its splits need "
            f"{needed} groups ({wish}); add examples or give another --data"
        )
    owner: dict[str, str] = {}
    order = iter(keyed_order(distinct, "groups"))
    for name, count in quotas(len(distinct), names).items():
        owner.update((distinct[next(order)], name) for _ in range(count))
    cut: dict[str, list[int]] = {name: [] for name in names}
    for index, group in enumerate(groups):
        cut[owner[group]].append(index)
    return cut


def quotas(groups: int, names: Sequence[str]) -> dict[str, int]:
    """How many of ``groups`` each split gets: by largest remainder, but at least its fewest."""
    total = sum(SHARES[name] for name in names)
    wish: Mapping[str, float] = {name: groups * SHARES[name] / total for name in names}
    given = {name: max(FEWEST[name], int(wish[name] + 1e-9)) for name in names}
    while sum(given.values()) > groups:  # the fewest took too much: from whom can best spare it
        spare = [name for name in names if given[name] > FEWEST[name]]
        given[max(spare, key=lambda name: given[name] - wish[name])] -= 1
    while sum(given.values()) < groups:
        given[max(names, key=lambda name: wish[name] - given[name])] += 1
    return given


def _ordered(
    source: Examples, indices: Sequence[int], most: int | None, key: tuple[object, ...]
) -> Subset:
    ids = source.ids
    order = keyed_order([ids[i] for i in indices], *key)
    return Subset(source, tuple(indices[i] for i in order[:most]))
