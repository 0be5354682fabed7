"""How many pictures have to be painted, before anything is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from painter_kit.evaluation.painting import has_views, pictures_of
from painter_kit.tasks.base import Task
from painter_kit.types import Examples, Spec

_LOOKED_AT = 8  # examples whose views are counted


@dataclass(frozen=True)
class Cost:
    """``forwards`` of the model for ``examples``; not ``exact`` where views were extrapolated."""

    examples: int
    forwards: int
    exact: bool = True

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        return f"{self.examples} pictures, {about}{self.forwards} forwards"


def cost_of(task: Task, spec: Spec[Any], examples: Examples) -> Cost:
    """Forwards of one prompt on ``examples``: one per picture, view and part.

    How many views there are is counted on a few examples, which are read, spread over the set.
    """
    count = len(examples)
    if not has_views(task, spec):
        return Cost(count, count * max(1, len(task.parts)))
    places = _spread(count)
    seen = sum(pictures_of(task, spec, examples[place]) for place in places)
    exact = len(places) == count
    return Cost(count, seen if exact else round(seen * count / len(places)), exact)


def _spread(count: int) -> Sequence[int]:
    looked = min(count, _LOOKED_AT)
    return [place * count // looked for place in range(looked)]
