"""Records that were measured once, kept by content: the same cell is never forwarded twice.

A second, bounded table holds 8-bit outputs, for races that decode one output in many ways.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.claims import Claims
from painter_kit.evaluation.damage import ERRORS, is_damage, set_aside
from painter_kit.evaluation.levels import Levels, pack_levels, unpack_levels
from painter_kit.evaluation.packed import pack_record, unpack_record
from painter_kit.tasks.base import segment_type_of
from painter_kit.types import Record, Spec

T = TypeVar("T")

log = logging.getLogger(__name__)

FILE = "records.sqlite"
SCHEMA = 1
BUSY_SECONDS = 60.0
PAINTED_BYTES = 512 << 20
_BROKEN = (struct.error, ValueError, IndexError, TypeError)


def default_store_dir(option: Path | None = None) -> Path:
    """Where Records are kept: ``--store``, else ``PAINTERKIT_HOME``, else ``./.painterkit``."""
    home = os.environ.get("PAINTERKIT_HOME")
    return option or (Path(home) if home else Path(".painterkit"))


class CellKeys:
    """Keys (16 bytes) of one prompt's cells: one per example, under one protocol.

    A key is a hash of the digests of model (with its configuration), prompt, example and
    effective spec, the numerics class and the metric's version.
    """

    def __init__(self, model: str, prompt: str, spec: Spec[Any], numerics: str) -> None:
        self._start = _hasher(model, prompt, spec.digest, numerics, str(spec.version))

    def key(self, example_digest: str) -> bytes:
        """The key of one example."""
        hasher = self._start.copy()
        hasher.update(example_digest.encode())
        return hasher.digest()


class PaintedKeys(CellKeys):
    """Keys (16 bytes) of what one prompt has painted: one per example.

    Of the spec only what painting sees matters, not the metric: the side, the filters and the
    type of the task (see ``segment_type_of``); all of it where it tells the ``views`` of an
    example.
    """

    def __init__(
        self, model: str, prompt: str, spec: Spec[Any], numerics: str, views: bool = False
    ) -> None:
        seen = str(spec.canvas), spec.image_resize, spec.target_resize, spec.query_filter
        told = spec.digest if views else ""
        kind = segment_type_of(spec.task)
        self._start = _hasher("painted", model, prompt, *seen, kind, numerics, told)


class FeatureKeys(CellKeys):
    """Keys (16 bytes) of the vectors that a model describes pictures by: one per picture."""

    def __init__(self, model: str, numerics: str) -> None:
        self._start = _hasher("features", model, numerics)


def readings_key(model: str, prompt: str, examples: Sequence[str]) -> bytes:
    """What readings of a set of examples, told by their digests, for one prompt are counted by."""
    return _hasher("readings", model, prompt, *sorted(examples)).digest()


def _hasher(*parts: str) -> hashlib.blake2b:
    return hashlib.blake2b("\0".join((*parts, "")).encode(), digest_size=16)


class Store:
    """Records by key in one SQLite file (write-ahead log) that several processes may append to.

    Every ``put_many`` is one transaction: when the process is killed, what it had put stays.
    Painted outputs take up to ``painted_bytes`` (compressed); the oldest make room for new ones.
    A file that proves damaged is renamed and a new one begun, a Record that does is dropped; both
    are told, and what is lost counts as unknown.
    Raises ``InputError`` when the file cannot be made or used, ``PainterKitError`` when another
    process holds it for longer than a minute or the disk is full.
    """

    def __init__(self, folder: Path, painted_bytes: int = PAINTED_BYTES) -> None:
        self.path, self.painted_bytes = folder / FILE, painted_bytes
        with self._translated():
            folder.mkdir(parents=True, exist_ok=True)
            self._claims = Claims(folder)
            try:
                self._open_sound()
            except BaseException:
                self._claims.close()
                raise

    def _open_sound(self) -> None:
        try:
            self._open()
        except ERRORS as error:
            self._begin_anew(error)

    def _open(self) -> None:
        self._db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            self._inode = self.path.stat().st_ino
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _begin_anew(self, error: sqlite3.DatabaseError | UnicodeDecodeError) -> None:
        """Open a new file in place of the damaged one. Raises the error again if it is another."""
        if not is_damage(error):
            raise error
        self._db.close()
        moved = set_aside(self.path, self._inode)
        if moved:
            log.warning(
                "store %s is damaged (%s): it was set aside as %s, and what it held will be "
                "measured again",
                self.path,
                error,
                moved,
            )
        self._open()

    def _on_sound_file(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, on a new file if the old one proves damaged."""
        with self._translated():
            try:
                return work()
            except ERRORS as error:
                self._begin_anew(error)
                return work()

    @contextmanager
    def claim(self, keys: Sequence[bytes]) -> Iterator[None]:
        """Hold these cells while they are looked up and measured: another process of this machine
        that wants one of them waits, and then finds it. What a killed process held is free."""
        with ExitStack() as held:
            with self._translated():
                held.enter_context(self._claims.held(keys))
            yield

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        # Survives the death of a process; a power cut may lose the last batches, never the file.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("BEGIN IMMEDIATE")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA):
            raise InputError(
                f"store {self.path} has layout {version} but this version reads {SCHEMA}; "
                "give another folder with --store"
            )
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS records "
            "(key BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID"
        )
        # A table beside the first is no new layout: programs that do not know it leave it alone.
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS painted (age INTEGER PRIMARY KEY AUTOINCREMENT, "
            "key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, picture BLOB NOT NULL)"
        )
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS readings (age INTEGER PRIMARY KEY AUTOINCREMENT, "
            "key BLOB NOT NULL, reader TEXT NOT NULL, UNIQUE (key, reader))"
        )
        # Sizes are added up from this index, without touching the pictures.
        self._db.execute("CREATE INDEX IF NOT EXISTS painted_sizes ON painted (age, size)")
        self._db.execute(f"PRAGMA user_version={SCHEMA}")
        self._db.execute("COMMIT")

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Record]:
        """The Records that are known among ``keys``."""
        return self._known("record", "records", keys, unpack_record)

    def put_many(self, records: Mapping[bytes, Record]) -> None:
        """Keep these Records, all or none; a key that is known already stays as it is."""
        rows = [(key, pack_record(record)) for key, record in records.items()]

        def put() -> None:
            self._db.executemany(
                "INSERT INTO records VALUES (?, ?) ON CONFLICT (key) DO NOTHING", rows
            )

        self._on_sound_file(lambda: self._transact(put))

    def get_painted(self, keys: Sequence[bytes]) -> dict[bytes, Levels]:
        """The 8-bit outputs that are kept among ``keys``."""
        return self._known("picture", "painted", keys, unpack_levels)

    def put_painted(self, outputs: Mapping[bytes, Levels]) -> None:
        """Keep these outputs, uint8 of any shape, all or none.

        A key that is kept already stays as it is, at its age. When the table is full, the oldest
        eighth goes at once, so that full tables are not searched at every put.
        """
        blobs = ((key, pack_levels(levels)) for key, levels in outputs.items())
        rows = [(key, len(blob), blob) for key, blob in blobs]

        def put() -> None:
            self._db.executemany(
                "INSERT INTO painted (key, size, picture) VALUES (?, ?, ?) "
                "ON CONFLICT (key) DO NOTHING",
                rows,
            )
            (used,) = self._db.execute("SELECT coalesce(sum(size), 0) FROM painted").fetchone()
            if used > self.painted_bytes:
                self._db.execute(
                    "DELETE FROM painted WHERE age IN (SELECT age FROM (SELECT age, sum(size) "
                    "OVER (ORDER BY age DESC) AS newer FROM painted) WHERE newer > ?)",
                    (self.painted_bytes - self.painted_bytes // 8,),
                )

        self._on_sound_file(lambda: self._transact(put))

    def reading(self, key: bytes, reader: str) -> int:
        """Note that ``reader`` has read what ``key`` names; which reading of it this is, from 1.

        A reader that has done so before stays the one that it was.
        """
        mine = "SELECT age FROM readings WHERE key = ? AND reader = ?"

        def note() -> None:
            self._db.execute(
                f"INSERT INTO readings (key, reader) SELECT ?, ? WHERE NOT EXISTS ({mine})",
                (key, reader, key, reader),
            )

        def count() -> int:
            self._transact(note)
            return self._db.execute(
                f"SELECT count(*) FROM readings WHERE key = ? AND age <= ({mine})",
                (key, key, reader),
            ).fetchone()[0]

        return self._on_sound_file(count)

    def check(self) -> list[str]:
        """What is wrong with the file and its Records, in words; everything is read."""
        with self._translated():
            try:
                said = [row[0] for row in self._db.execute("PRAGMA integrity_check")]
                broken = 0
                for (blob,) in self._db.execute("SELECT record FROM records"):
                    broken += not _reads(unpack_record, blob)
            except ERRORS as error:
                if not is_damage(error):
                    raise
                return [str(error)]
        wrong = [line for line in said if line != "ok"]
        return wrong + ([f"{broken} damaged Records"] if broken else [])

    def _known(
        self, column: str, table: str, keys: Sequence[bytes], unpack: Callable[[bytes], T]
    ) -> dict[bytes, T]:
        """The entries that are there and whole; others are dropped, so that they are made anew."""
        found = self._on_sound_file(lambda: self._found(column, table, keys))
        known, broken = dict[bytes, T](), list[tuple[bytes]]()
        for key, blob in found:
            try:
                known[key] = unpack(blob)
            except _BROKEN:
                broken.append((key,))
        if broken:
            log.warning(
                "store %s: %d damaged entries are dropped and will be measured again",
                self.path,
                len(broken),
            )
            drop = f"DELETE FROM {table} WHERE key = ?"
            self._on_sound_file(lambda: self._transact(lambda: self._db.executemany(drop, broken)))
        return known

    def _found(self, column: str, table: str, keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        """Key and value of the rows that are there."""
        found: list[tuple[bytes, bytes]] = []
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ",".join("?" * len(part))
            found += self._db.execute(
                f"SELECT key, {column} FROM {table} WHERE key IN ({marks})", part
            )
        return found

    def _transact(self, work: Callable[[], object]) -> None:
        """All that ``work`` writes is kept, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            work()
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def __len__(self) -> int:
        with self._translated():
            return self._db.execute("SELECT count(*) FROM records").fetchone()[0]

    def close(self) -> None:
        """Release the file."""
        self._db.close()
        self._claims.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's and the file system's errors as one line each."""
        other = "give another folder with --store"
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise PainterKitError(
                    f"store {self.path} was held by another process for {BUSY_SECONDS:.0f} s; "
                    f"wait for it or {other}"
                ) from error
            if "full" in str(error):
                raise PainterKitError(
                    f"the disk of store {self.path} is full; what it holds is whole: make room and "
                    f"run the command again, or {other}"
                ) from error
            raise InputError(f"store {self.path} cannot be used ({error}); {other}") from error
        except ERRORS as error:
            raise InputError(f"store {self.path} cannot be used ({error}); {other}") from error
        except OSError as error:
            raise InputError(
                f"store {self.path} cannot be made ({error.strerror}); {other}"
            ) from error


def _reads(unpack: Callable[[bytes], object], blob: bytes) -> bool:
    try:
        unpack(blob)
    except _BROKEN:
        return False
    return True
