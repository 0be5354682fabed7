"""Who of the processes of one machine measures what, told by locks that end with their process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

FILE = "records.lock"
_PLACES = 1 << 30


class Claims:
    """Keys that this process holds: each is a byte of a file that has none, locked.

    Two keys share a byte once in a thousand million pairs, and then wait for each other in vain,
    not for ever: places are taken in order, and nobody waits while he holds a later one.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o666)

    @contextmanager
    def held(self, keys: Sequence[bytes]) -> Iterator[None]:
        """Take the keys, waiting for those of others; free again at the end."""
        places = sorted({int.from_bytes(key[-8:], "big") % _PLACES for key in keys})
        try:
            for place in places:
                fcntl.lockf(self._file, fcntl.LOCK_EX, 1, place)
            yield
        finally:
            for place in places:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def close(self) -> None:
        """Free what is held."""
        os.close(self._file)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Be the only process that renames files of this store."""
    with (folder / f"{FILE}.folder").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
