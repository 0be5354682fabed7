"""Databases and column files with other contents than a reader left in them."""

from __future__ import annotations

import io
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from typing import Any

from benchmarks.bad_input.pictures import swollen
from benchmarks.bad_input.raw import cut, flipped, noise
from benchmarks.bad_input.strange import Rng, pick, strange

_HEADS = [(0, 2**32 - 1, 2**32 - 1, 0), (1, 2**32 - 1, 0, 0), (1, 4, 4, 0), (0, 4, 5, 0)]
_HEADS += [(3, 2, 2, 65_535), (255, 1, 1, 1), (1, 2**31, 1, 0), (0, 0, 0, 0)]
_SQL = [
    "PRAGMA user_version=7",
    "PRAGMA user_version=-1",
    "DROP TABLE records",
    "DROP TABLE painted",
    "ALTER TABLE records RENAME COLUMN record TO other",
    "UPDATE records SET record = 'text'",
    "UPDATE records SET record = 7",
    "UPDATE records SET record = x''",
    "UPDATE records SET record = zeroblob(13)",
    "UPDATE painted SET picture = x'00'",
    "UPDATE painted SET picture = 'text'",
    "UPDATE painted SET size = 'a'",
    "CREATE TRIGGER t BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'no'); END",
    "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END",
    "DROP TABLE records; CREATE VIEW records AS SELECT 1 AS key, 2 AS record",
    "DROP TABLE painted; CREATE TABLE painted (a)",
    "DROP INDEX painted_sizes; CREATE TABLE painted_sizes (a)",
]


def of_sqlite(rng: Rng, content: bytes) -> bytes:
    """A store with other tables, or Records and outputs that are none."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(_rollback(content))
        if rng.random() < 0.5:
            database.executescript(pick(rng, _SQL))
        else:
            table, column = pick(rng, [("records", "record"), ("painted", "picture")])
            rows = database.execute(f"SELECT key, {column} FROM {table}").fetchall()
            key, blob = pick(rng, rows)
            change = f"UPDATE {table} SET {column} = ? WHERE key = ?"
            database.execute(change, (_blob(rng, blob, table), key))
            database.commit()
        return database.serialize()


def _rollback(content: bytes) -> bytes:
    """The file with the old kind of journal, as a database in memory needs it."""
    return content[:18] + b"\1\1" + content[20:]


def _blob(rng: Rng, blob: bytes, table: str) -> bytes:
    kind = int(rng.integers(0, 6))
    if kind == 0 and table == "records":
        return struct.pack("<BIIH", *pick(rng, _HEADS)) + blob[11:]
    if kind == 0:
        axes = int(pick(rng, [0, 1, 3, 33, 255]))
        return struct.pack("<B", axes) + rng.bytes(4 * axes) + blob[13:]
    if kind == 1:
        shape = struct.pack("<B3I", 3, *pick(rng, [(2, 2, 3), (2**16, 2**16, 3)]))
        return shape + swollen(2**26)
    changes: list[Callable[[Rng, bytes], bytes]] = [cut, flipped, noise]
    return pick(rng, changes)(rng, blob)


def of_parquet(rng: Rng, content: bytes) -> bytes:
    """A table with other columns or kinds of cells."""
    import pandas as pd

    table: Any = pd.read_parquet(io.BytesIO(content))
    name, change = pick(rng, list(table.columns)), int(rng.integers(0, 6))
    if change == 0:
        table = table.drop(columns=name)
    elif change == 1:
        table = table.rename(columns={name: f"{name}x"})
    elif change == 2:
        table[name] = str(strange(rng)).encode(errors="replace").decode()
    elif change == 3:
        table[name] = pick(rng, [None, float("nan"), 2**40, True])
    elif change == 4:
        table = table[[]]
    else:
        table = table.iloc[:0]
    file = io.BytesIO()
    table.to_parquet(file)
    return file.getvalue()
