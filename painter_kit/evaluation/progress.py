"""How far measuring has come, how fast it goes and what remains, on stderr if a terminal."""

from __future__ import annotations

import sys
from typing import TextIO

from tqdm import tqdm


def forward_bar(cells: int, what: str, quiet: bool = False, file: TextIO | None = None) -> tqdm:
    """A bar over so many forwards."""
    disable = True if quiet else None
    return tqdm(total=cells, desc=what, unit="fwd", file=file or sys.stderr, disable=disable)


def advance(bar: tqdm, new: int, reused: int) -> None:
    """Move on by ``new`` forwards, which took time, and ``reused`` ones, which took none.

    What the store had was the work of another run: as what a bar begins with, it counts neither
    for the rate nor, by that, for the remaining time.
    """
    if bar.disable:
        return
    bar.initial += reused
    bar.n += reused
    bar.last_print_n += reused
    bar.update(new)
