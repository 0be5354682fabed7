"""Blocks of examples that processes measure together, each its share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from painter_kit.distributed import from_first, shared, world_size
from painter_kit.evaluation.loaded import Block
from painter_kit.evaluation.store import CellKeys
from painter_kit.inference.parted import AnyPrompt
from painter_kit.types import Example, Examples, Painted, Record, Spec

# What a process measures between two writes to the store, where several search together or
# measuring goes on beside painting: a kill loses that much.
BLOCKS_EACH = 4


class Keeper(Protocol):
    """Where predictions are kept; an example counts as done only when it has one there."""

    def has(self, name: str) -> bool:
        """Whether the prediction of the example with this id is kept already."""
        ...

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Keep what was painted and decoded of one example under the prompt's own coding."""
        ...


@dataclass(frozen=True)
class Job:
    """A block of examples under one prompt, its first one or a later one.

    Filled in later: of every place its ``keys`` in the store and how many ``pictures`` it asks
    for, and the places that are ``missing``, of which no Record is known.
    """

    prompt: AnyPrompt
    block: Block
    cells: CellKeys
    begins: bool
    keys: list[bytes] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)


def cut_jobs(
    prompts: Iterable[AnyPrompt],
    examples: Examples,
    size: int,
    cells: Callable[[AnyPrompt], CellKeys],
    ahead: bool,
) -> Iterator[list[Job]]:
    """The blocks of all prompts, as many at once as the processes take together.

    One process alone takes one at a time, or with ``ahead`` as many as in a group.
    """
    most = BLOCKS_EACH * world_size() if ahead or world_size() > 1 else 1
    jobs: list[Job] = []
    for prompt in prompts:
        own = cells(prompt)
        # No example at all is one empty block, so that every prompt has its row.
        for start in range(0, max(1, len(examples)), size):
            block = Block(examples, start, min(start + size, len(examples)))
            jobs.append(Job(prompt, block, own, start == 0))
            if len(jobs) == most:
                yield jobs
                jobs = []
    if jobs:
        yield jobs


def name_cells(
    jobs: Sequence[Job], pictures: Callable[[Block, int], int], varies: bool = False
) -> None:
    """Fill in ``keys`` and ``pictures``, whose number must be read if it ``varies``.

    A cell is known by the content of its example, for which this must be read. Each process reads
    those of the blocks that it will measure if nothing is known, and tells the others. What an
    example was called once is remembered where its examples are (``Loaded``).
    """
    new = from_first(lambda: [n for n, job in enumerate(jobs) if not job.block.is_told])

    def tell(places: Sequence[int]) -> list[list[str]]:
        blocks = (jobs[n].block for n in places)
        return [[block.digest(place) for place in range(len(block))] for block in blocks]

    for number, digests in zip(new, shared(tell, new), strict=True):
        jobs[number].block.remember(digests)

    def count(own: Sequence[Job]) -> list[list[int]]:
        return [[pictures(job.block, place) for place in range(len(job.block))] for job in own]

    counted = shared(count, jobs) if varies else count(jobs)
    for job, counts in zip(jobs, counted, strict=True):
        job.keys.extend(job.cells.key(job.block.digest(place)) for place in range(len(job.block)))
        job.pictures.extend(counts)


def look_up(jobs: Sequence[Job], known: Mapping[bytes, Record], keeper: Keeper | None) -> None:
    """Note which places are missing; what the first process has kept is what counts."""

    def missing() -> list[list[int]]:
        return [
            [
                place
                for place, (key, name) in enumerate(zip(job.keys, job.block.ids, strict=True))
                if key not in known or (keeper and not keeper.has(name))
            ]
            for job in jobs
        ]

    for job, places in zip(jobs, from_first(missing), strict=True):
        job.missing.extend(places)


class _Held:
    """A keeper of one block, for another process to keep."""

    def __init__(self) -> None:
        self.painted: list[Painted] = []

    def has(self, name: str) -> bool:
        return False

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        self.painted.append(painted)


Measure = Callable[[Sequence[Job], Sequence[Keeper | None]], list[list[Record]]]


def measure_shared(
    jobs: Sequence[Job],
    measure: Measure,
    keep: Callable[[Job, Sequence[Painted]], object] | None = None,
) -> list[list[Record]]:
    """Records of the missing places of all jobs on every process, each of which measures some.

    ``measure(jobs, keepers)`` does this process's. With ``keep``, the first process is given what
    all of them have painted, job by job.
    """
    if keep is None:
        return shared(lambda own: measure(own, [None] * len(own)), jobs)

    def work(own: Sequence[Job]) -> list[tuple[list[Record], list[Painted]]]:
        held = [_Held() for _ in own]
        return list(zip(measure(own, held), (one.painted for one in held), strict=True))

    done = shared(work, jobs)
    pairs = list(zip(jobs, done, strict=True))
    from_first(lambda: [keep(job, painted) for job, (_, painted) in pairs] and None)
    return [records for records, _ in done]
