"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.speed.search import TASKS


@dataclass(frozen=True)
class Extent:
    """What the command measures unless an option says otherwise.

    ``cases``: configurations and batch sizes of the forward; ``rounds`` of each, interleaved;
    ``memory``: a process for every contestant. ``tasks`` are judged under ``prompts`` prompts (0:
    none) on ``images`` pictures. ``sides`` of canvases and ``pools`` of searches for depth, which
    both may be empty.
    """

    cases: tuple[tuple[str, int], ...] = (
        *(("world-tiny", batch) for batch in (1, 4, 16, 64)),
        ("painter-vit-large", 1),
    )
    rounds: int = 5
    memory: bool = True
    tasks: tuple[str, ...] = TASKS
    prompts: int = 8
    images: int = 64
    sides: tuple[int, ...] = (32, 64, 128, 256)
    pools: tuple[int, ...] = (16, 64, 256)


FULL = Extent()
# For trying out the command: under a minute.
QUICK = Extent((("world-tiny", 1),), 1, False, ("depth",), 1, 4, (16, 32), (4,))
