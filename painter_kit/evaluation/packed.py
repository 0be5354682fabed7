"""Records as bytes, so that they come back bit for bit or are known to be damaged."""

from __future__ import annotations

import struct
from zlib import crc32

import numpy as np

from painter_kit.types import Record

_HEADER = struct.Struct("<BIIH")  # flags, length of values, stored values, bytes of the stratum
_CHECK = struct.Struct("<I")
_SPARSE, _PAYLOAD, _CHECKED = 1, 2, 4
_LONGEST = 2**24  # values of a Record; those of 150 classes are 450


def pack_record(record: Record) -> bytes:
    """A Record as bytes: float64 values, only the non-zero ones where that is shorter; a check sum
    at the end."""
    values = np.ascontiguousarray(record.values, "<f8")
    kept = np.flatnonzero(values.view("<u8")).astype("<u4")  # bits, so that -0.0 survives
    sparse = 12 * len(kept) < 8 * len(values)
    stratum = record.stratum.encode()
    flags = _CHECKED | _SPARSE * sparse | _PAYLOAD * (record.payload is not None)
    head = _HEADER.pack(flags, len(values), len(kept) if sparse else len(values), len(stratum))
    body = kept.tobytes() + values[kept].tobytes() if sparse else values.tobytes()
    whole = b"".join((head, stratum, body, record.payload or b""))
    return whole + _CHECK.pack(crc32(whole))


def unpack_record(blob: bytes) -> Record:
    """The Record that ``pack_record`` wrote, with a check sum or, formerly, without.

    Raises ``ValueError`` or ``struct.error`` if it is cut or changed.
    """
    flags, length, count, letters = _HEADER.unpack_from(blob)
    if flags & _CHECKED:
        blob, check = blob[: -_CHECK.size], blob[-_CHECK.size :]
        if check != _CHECK.pack(crc32(blob)):
            raise ValueError("check sum does not fit")
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
