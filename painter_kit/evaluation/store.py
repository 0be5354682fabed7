"""Records that were measured once, kept by content: the same cell is never forwarded twice.

A second, bounded table holds 8-bit outputs, for races that decode one output in many ways.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.levels import Levels, pack_levels, unpack_levels
from painter_kit.tasks.base import segment_type_of
from painter_kit.types import Record, Spec

FILE = "records.sqlite"
SCHEMA = 1
BUSY_SECONDS = 60.0
_HEADER = struct.Struct("<BIIH")  # flags, length of values, stored values, bytes of the stratum
_SPARSE, _PAYLOAD = 1, 2
_LONGEST = 2**24  # values of a Record; those of 150 classes are 450
PAINTED_BYTES = 512 << 20


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


def _hasher(*parts: str) -> hashlib.blake2b:
    return hashlib.blake2b("\0".join((*parts, "")).encode(), digest_size=16)


class Store:
    """Records by key in one SQLite file (write-ahead log) that several processes may append to.

    Every ``put_many`` is one transaction: when the process is killed, what it had put stays.
    Painted outputs take up to ``painted_bytes`` (compressed); the oldest make room for new ones.
    Raises ``InputError`` when the file is damaged or cannot be made, ``PainterKitError`` when
    another process holds it for longer than a minute or the disk is full.
    """

    def __init__(self, folder: Path, painted_bytes: int = PAINTED_BYTES) -> None:
        self.path, self.painted_bytes = folder / FILE, painted_bytes
        with self._translated():
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

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
        # Sizes are added up from this index, without touching the pictures.
        self._db.execute("CREATE INDEX IF NOT EXISTS painted_sizes ON painted (age, size)")
        self._db.execute(f"PRAGMA user_version={SCHEMA}")
        self._db.execute("COMMIT")

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Record]:
        """The Records that are known among ``keys``."""
        with self._translated():
            found = self._found("record", "records", keys)
            return {key: unpack_record(blob) for key, blob in found}

    def put_many(self, records: Mapping[bytes, Record]) -> None:
        """Keep these Records, all or none; a key that is known already stays as it is."""
        rows = [(key, pack_record(record)) for key, record in records.items()]
        with self._transaction():
            self._db.executemany(
                "INSERT INTO records VALUES (?, ?) ON CONFLICT (key) DO NOTHING", rows
            )

    def get_painted(self, keys: Sequence[bytes]) -> dict[bytes, Levels]:
        """The 8-bit outputs that are kept among ``keys``."""
        with self._translated():
            found = self._found("picture", "painted", keys)
            return {key: unpack_levels(blob) for key, blob in found}

    def put_painted(self, outputs: Mapping[bytes, Levels]) -> None:
        """Keep these outputs, uint8 of any shape, all or none.

        A key that is kept already stays as it is, at its age. When the table is full, the oldest
        eighth goes at once, so that full tables are not searched at every put.
        """
        blobs = ((key, pack_levels(levels)) for key, levels in outputs.items())
        rows = [(key, len(blob), blob) for key, blob in blobs]
        with self._transaction():
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

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is written inside is kept, or nothing."""
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
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
        except (sqlite3.DatabaseError, struct.error, ValueError, IndexError, TypeError) as error:
            raise InputError(
                f"store {self.path} is damaged ({error}); move it away or {other}"
            ) from error
        except OSError as error:
            raise InputError(
                f"store {self.path} cannot be made ({error.strerror}); {other}"
            ) from error


def pack_record(record: Record) -> bytes:
    """A Record as bytes: float64 values, only the non-zero ones where that is shorter."""
    values = np.ascontiguousarray(record.values, "<f8")
    kept = np.flatnonzero(values.view("<u8")).astype("<u4")  # bits, so that -0.0 survives
    sparse = 12 * len(kept) < 8 * len(values)
    stratum = record.stratum.encode()
    flags = _SPARSE * sparse | _PAYLOAD * (record.payload is not None)
    head = _HEADER.pack(flags, len(values), len(kept) if sparse else len(values), len(stratum))
    body = kept.tobytes() + values[kept].tobytes() if sparse else values.tobytes()
    return b"".join((head, stratum, body, record.payload or b""))


def unpack_record(blob: bytes) -> Record:
    """The Record that ``pack_record`` wrote. Raises ``ValueError`` or ``struct.error`` if cut."""
    flags, length, count, letters = _HEADER.unpack_from(blob)
    place = _HEADER.size + letters
    stratum = blob[_HEADER.size : place].decode()
    if length > _LONGEST:
        raise ValueError(f"a Record of {length} values")
    values = np.zeros(length)
    if flags & _SPARSE:
        kept = np.frombuffer(blob, "<u4", count, place)
        place += 4 * count
        values[kept] = np.frombuffer(blob, "<f8", count, place)
    else:
        values[:] = np.frombuffer(blob, "<f8", count, place)
    place += 8 * count
    return Record(values, stratum, blob[place:] if flags & _PAYLOAD else None)
