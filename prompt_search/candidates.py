"""The prompts that a search chooses from: pairs of the pool, filtered before anything is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from painter_kit.errors import InputError
from painter_kit.evaluation.loaded import Loaded, loaded
from painter_kit.evaluation.pool import flaw, pool_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, make_pair
from painter_kit.types import Example, Examples, Spec

FEWEST = 2


@dataclass(frozen=True)
class Candidates:
    """The usable pairs of a pool, in the pool's order.

    ``indices`` are places in ``examples``; ``dropped`` counts what was left out, by reason.
    Prompts are made when asked for, so that a large pool need not fit into memory.
    """

    task: Task
    spec: Spec[Any]
    examples: Loaded
    indices: tuple[int, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def ids(self) -> list[str]:
        """Names of the pairs, in order."""
        return [self.examples.ids[i] for i in self.indices]

    @property
    def groups(self) -> list[str]:
        """Groups of the pairs, in order."""
        return [self.examples.groups[i] for i in self.indices]

    def example(self, index: int) -> Example:
        """The example that candidate ``index`` is made of."""
        return self.examples[self.indices[index]]

    def only(self, chosen: Sequence[int]) -> Candidates:
        """These candidates alone, in this order."""
        return replace(self, indices=tuple(self.indices[i] for i in chosen))

    def prompt(self, index: int) -> Prompt:
        """Candidate ``index`` as a prompt of kind ``random``, in its own coding."""
        example = self.example(index)
        pair = make_pair(self.task, self.spec, example)
        return pool_prompt(self.task, self.spec, example, pair)

    def prompts(self, indices: Sequence[int]) -> list[Prompt]:
        """Several candidates as prompts."""
        return [self.prompt(i) for i in indices]


def make_candidates(task: Task, spec: Spec[Any], pool: Examples) -> Candidates:
    """Every pair of ``pool`` that can tell the task.

    Left out are pairs whose painted target is nearly black, whose truth counts nowhere, and
    second copies of a pair. Raises ``InputError`` when fewer than two remain.
    """
    kept: list[int] = []
    dropped: Counter[str] = Counter()
    seen: set[str] = set()
    examples = loaded(pool)
    for index, example in enumerate(examples):
        pair = make_pair(task, spec, example)
        digest = pair.digest
        reason = "a copy of another pair" if digest in seen else flaw(task, spec, example, pair)
        seen.add(digest)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(index)
    if len(kept) < FEWEST:
        why = "".join(f", {count} left out ({reason})" for reason, count in dropped.items())
        raise InputError(
            f"--data {spec.data}: a search needs {FEWEST} usable pairs but the pool of "
            f"{len(examples)} has {len(kept)}{why}; raise --pool or add pairs with ground truth"
        )
    return Candidates(task, spec, examples, tuple(kept), dict(dropped))
