"""A store's file that is damaged: how that is told, and where the file goes."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from painter_kit.evaluation.claims import folder_lock

# SQLite quotes what it cannot read, and Python cannot tell its error where that is no UTF-8.
ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_damage(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Whether SQLite says that what is in the file is wrong, not that it cannot be reached."""
    return (
        isinstance(error, UnicodeDecodeError)
        or getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
    )


def set_aside(path: Path, inode: int) -> Path | None:
    """Rename the file with its log, so that a new one can take its place; its new name.

    ``inode`` is that of the file found damaged: None, and nothing done, where another process has
    been here before and ``path`` is a new file already.
    """
    with folder_lock(path.parent):
        if not path.exists() or path.stat().st_ino != inode:
            return None
        moved = _free_name(path)
        # The log goes first: a new file must never meet the log of another one.
        for tail in ("-wal", "-shm", ""):
            part = path.with_name(path.name + tail)
            if part.exists():
                os.replace(part, moved.with_name(moved.name + tail))
        return moved


def _free_name(path: Path) -> Path:
    stem = f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    found, number = path.with_name(f"{stem}{path.suffix}"), 1
    while found.exists():
        number += 1
        found = path.with_name(f"{stem}-{number}{path.suffix}")
    return found
