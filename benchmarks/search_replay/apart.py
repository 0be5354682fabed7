"""Replays in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar, cast

from joblib import Parallel, delayed

T = TypeVar("T")


class Each(Protocol):
    """A function of every number, in this order: ``map`` or something like it."""

    def __call__(self, function: Callable[[int], T], numbers: Iterable[int], /) -> Iterable[T]:
        """``function`` of each of the ``numbers``."""
        ...


def in_processes(processes: int, say: Callable[[], object]) -> Each:
    """``map`` in so many processes, as its own where it is one; ``say()`` after each result.

    Results do not depend on the number of processes: every replay draws from its own seed.
    """

    def each(function: Callable[[int], T], numbers: Iterable[int], /) -> Iterator[T]:
        # Arrays are sent as they are: mapped into memory they could not be written to.
        apart = Parallel(n_jobs=processes, return_as="generator", max_nbytes=None)
        found = apart(delayed(function)(number) for number in numbers)
        for result in cast("Iterable[T]", found):
            say()
            yield result

    return each
