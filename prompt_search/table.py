"""What a strategy sees of the candidates x images table: numbers, no prompts and no pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# ask(candidates, start, stop) -> float64 (n, stop - start): scores, higher is better, of the
# candidates on images start to stop (exclusive).
Ask: TypeAlias = Callable[[Sequence[int], int, int], Floats]

# Candidates whose scores on all images, float64 (images,), need not be asked for: the panel's.
Known: TypeAlias = Mapping[int, Floats]
NOTHING: Known = {}

# may(cells): whether so many more cells may be asked for. No means: end with what there is.
May: TypeAlias = Callable[[int], bool]


# Why a search ends before its strategy is through.
BUDGET = "budget"
SHARE = "share of exhaustive"
PATIENCE = "no improvement"


class Stopped(Exception):
    """Raised by ``ask`` when the search is to end; what was asked for stays unanswered, and the
    next ``ask`` is answered, so that the leader's row can be completed."""


class Log(Protocol):
    """Takes a decision down: who was judged on the first ``images``, how well, who stays."""

    def __call__(
        self, judged: Sequence[int], means: Floats, images: int, kept: Sequence[int]
    ) -> None:
        """Take one decision down."""
        ...


def always(cells: int) -> bool:
    """No budget."""
    return True


def best_first(candidates: Sequence[int], means: Floats) -> list[int]:
    """Candidates by falling mean; equal ones in the order of their numbers."""
    return [c for _, c in sorted(zip(-means, candidates, strict=True))]
