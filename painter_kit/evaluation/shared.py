"""The store when many processes search as one: the first has it, and tells the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

from painter_kit.distributed import from_first, rank, world_size
from painter_kit.evaluation.levels import Levels
from painter_kit.evaluation.store import PAINTED_BYTES, Store
from painter_kit.types import Record


class SharedStore:
    """A store of which the first process alone holds the file, so that no file is shared over a
    network. All processes call the same methods in the same order with the same arguments.

    ``own`` is None on all but the first process.
    """

    def __init__(self, own: Store | None) -> None:
        self._own = own

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Record]:
        """``Store.get_many``."""
        return from_first(lambda: self._first.get_many(keys))

    def put_many(self, records: Mapping[bytes, Record]) -> None:
        """``Store.put_many``."""
        from_first(lambda: self._first.put_many(records))

    def get_painted(self, keys: Sequence[bytes]) -> dict[bytes, Levels]:
        """``Store.get_painted``."""
        return from_first(lambda: self._first.get_painted(keys))

    def put_painted(self, outputs: Mapping[bytes, Levels]) -> None:
        """``Store.put_painted``."""
        from_first(lambda: self._first.put_painted(outputs))

    def reading(self, key: bytes, reader: str) -> int:
        """``Store.reading``."""
        return from_first(lambda: self._first.reading(key, reader))

    @contextmanager
    def claim(self, keys: Sequence[bytes]) -> Iterator[None]:
        """``Store.claim``, by the first process for all."""
        with ExitStack() as held:
            from_first(lambda: held.enter_context(self._first.claim(keys)))
            yield

    @property
    def _first(self) -> Store:
        if self._own is None:
            raise RuntimeError("only the first process has the store")
        return self._own


AnyStore: TypeAlias = Store | SharedStore


@contextmanager
def open_store(folder: Path, painted_bytes: int = PAINTED_BYTES) -> Iterator[AnyStore]:
    """The store in ``folder``; under torchrun that of the first process, for all of them.

    Raises ``InputError`` and ``PainterKitError`` as ``Store``, on every process.
    """
    if world_size() == 1:
        with Store(folder, painted_bytes) as store:
            yield store
        return
    opened: list[Store] = []

    def open_own() -> None:
        opened.append(Store(folder, painted_bytes))

    from_first(open_own)
    try:
        yield SharedStore(opened[0] if rank() == 0 else None)
    finally:
        for store in opened:
            store.close()
