"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import csv
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` to write to; moved to ``path`` when the block succeeds.

    The folder is made if it does not exist. If the block raises, ``path`` stays as it was and
    nothing is left behind. The suffix is kept, so that libraries see the kind of file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{uuid4().hex[:8]}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows with the keys of the first as CSV to ``path``, whole or not at all."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to ``path``, whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def damaged_part(path: Path) -> str:
    """Why ``path``, if it is a ZIP archive as ``torch.save`` writes, is not whole; else empty.

    Every part is read and compared with its checksum, which ``torch.load`` does not do.
    """
    if not zipfile.is_zipfile(path):
        return ""
    try:
        with zipfile.ZipFile(path) as archive:
            part = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError) as error:
        return f"damaged: {error}"
    return f"damaged: checksum of {part} does not match" if part else ""
