"""Numeric arrays of MATLAB's files of version 5, read without trusting a byte of them.

SciPy's reader ends the process on some broken files, with no error that could be told; it stays
what files are written with. Format: "MAT-File Format", MathWorks, chapter 1: a header of 128 bytes,
then elements of a tag (type, length) and data, padded to 8 bytes; an array is an element of flags,
sizes, name and numbers, mostly compressed as a whole.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

_HEADER, _ENDIAN = 128, 126  # bytes, and where the order of bytes is told
_MATRIX, _COMPRESSED = 14, 15
_COMPLEX = 0x0800
_BEGINNING = 4096  # of an array's bytes: flags, sizes and name are in these
# How numbers are stored, and what MATLAB has them as, by their numbers.
_STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4"}
_CLASSES |= {14: "i8", 15: "u8"}


class Found(NamedTuple):
    """An array of a file: ``kind`` as NumPy names it, and where its element's data are."""

    name: str
    shape: tuple[int, ...]
    kind: str
    start: int
    length: int
    compressed: bool


class _Piece(NamedTuple):
    """An element within an array: its type, and from where to where its data are."""

    type: int
    start: int
    end: int


def find_array(path: Path, name: str) -> Found:
    """The real numeric array ``name``, from the beginnings of the file's elements.

    Raises ``KeyError`` where there is none of this name, ``ValueError`` for a broken file and for
    what is no such array, ``OSError`` when the file cannot be read.
    """
    with path.open("rb") as file:
        order = _order(file)
        for start, length, compressed in _elements(file, order):
            file.seek(start)
            raw = file.read(min(length, 4 * _BEGINNING))
            head = _unpacked(raw, _BEGINNING) if compressed else raw[:_BEGINNING]
            found = _described(head, order)
            if found is None or found[0] != name:
                continue
            _, shape, kind = found
            if not kind:
                raise ValueError(f"{name} is no array of real numbers")
            return Found(name, shape, kind, start, length, compressed)
    raise KeyError(name)


def read_array(path: Path, name: str, most: int) -> npt.NDArray[np.number]:
    """The array ``name`` as ``find_array`` finds it, of at most so many bytes; not writable.

    Raises as ``find_array`` does.
    """
    found = find_array(path, name)
    if math.prod(found.shape) * np.dtype(found.kind).itemsize > most:
        raise ValueError(f"{name} has the sizes {found.shape}, more than {most} bytes")
    with path.open("rb") as file:
        order = _order(file)
        file.seek(found.start)
        raw = file.read(found.length)
    content = _unpacked(raw, 8 * most + _BEGINNING) if found.compressed else raw
    numbers = list(_pieces(content, order))[3:4]
    if not numbers or numbers[0].type not in _STORED:
        raise ValueError(f"{name} has no numbers")
    _, start, end = numbers[0]
    stored = np.dtype(order + _STORED[numbers[0].type])
    if end > len(content) or end - start != math.prod(found.shape) * stored.itemsize:
        raise ValueError(f"{name} has {end - start} bytes, which is not {found.shape}")
    values = np.frombuffer(content, stored, math.prod(found.shape), start)
    return values.astype(found.kind, copy=False).reshape(found.shape, order="F")


def _order(file: BinaryIO) -> str:
    """NumPy's and struct's sign of the order of bytes."""
    told = file.read(_HEADER)[_ENDIAN:]
    if told not in (b"IM", b"MI"):
        raise ValueError("it is no MATLAB file of version 5")
    return "<" if told == b"IM" else ">"


def _elements(file: BinaryIO, order: str) -> Iterator[tuple[int, int, bool]]:
    """Start and length of the data of every array, and whether they are compressed."""
    file.seek(0, 2)
    size, place = file.tell(), _HEADER
    while place + 8 <= size:
        file.seek(place)
        kind, length = struct.unpack(f"{order}II", file.read(8))
        place += 8
        if kind not in (_MATRIX, _COMPRESSED) or not 0 < length <= size - place:
            raise ValueError(f"an element of type {kind} with {length} bytes at {place - 8}")
        # A compressed element holds the array's own tag, which is passed over later.
        yield place, length, kind == _COMPRESSED
        place += length


def _unpacked(raw: bytes, most: int) -> bytes:
    """What follows the array's tag in a compressed element, at most so many bytes of it."""
    try:
        return zlib.decompressobj().decompress(raw, most + 8)[8:]
    except zlib.error as error:
        raise ValueError(f"compressed data are broken ({error})") from None


def _pieces(content: bytes, order: str) -> Iterator[_Piece]:
    """The elements within an array; the last ones may lie beyond what there is of ``content``."""
    place = 0
    while place + 8 <= len(content):
        first, length = struct.unpack_from(f"{order}II", content, place)
        if first >> 16:  # a small one: length and type in four bytes, data in the next four
            kind, length, start = first & 0xFFFF, first >> 16, place + 4
            if length > 4:
                raise ValueError(f"a small element of {length} bytes")
            yield _Piece(kind, start, start + length)
            place += 8
        else:
            yield _Piece(first, place + 8, place + 8 + length)
            place += 8 + (length + 7) // 8 * 8


def _described(head: bytes, order: str) -> tuple[str, tuple[int, ...], str] | None:
    """Name, sizes and kind of an array from its beginning; no kind for what is not numbers."""
    found = []
    for piece in _pieces(head, order):
        found.append(piece)
        if len(found) == 3:
            break
    if len(found) < 3 or found[2].end > len(head):
        return None
    flags, sizes, name = (head[piece.start : piece.end] for piece in found)
    if len(flags) < 4 or not 8 <= len(sizes) <= 128 or len(sizes) % 4:
        return None
    (told,) = struct.unpack_from(f"{order}I", flags)
    shape = struct.unpack(f"{order}{len(sizes) // 4}i", sizes)
    if min(shape) < 0:
        return None
    kind = "" if told & _COMPLEX else _CLASSES.get(told & 0xFF, "")
    return name.decode("latin-1"), shape, kind
