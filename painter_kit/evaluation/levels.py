"""Painted outputs in 8 bits, small enough to be kept.

A level stands for the values that a truncating protocol reads as this level, and is read as the
middle of them: what is decoded at the canvas's own size, or by nearest sampling, is what is
decoded of the output itself. Where a protocol interpolates, rounds or keeps floats, it is not:
Records of 8-bit outputs are another numerics class.
"""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.colors import quantise

Levels = npt.NDArray[np.uint8]

_LARGEST = 2**30  # bytes
_ZLIB_LEVEL = 1  # levels above save little and take several times as long


def to_levels(painted: npt.NDArray[np.floating]) -> Levels:
    """uint8 of the same shape: outputs on the 0..1 scale, clipped and truncated."""
    return quantise(np.asarray(painted, np.float64), "truncate")


def from_levels(levels: Levels) -> npt.NDArray[np.float32]:
    """float32 of the same shape on the 0..1 scale: the middle of each level."""
    return ((levels + 0.5) / 255).astype(np.float32)


def pack_levels(levels: Levels) -> bytes:
    """Levels of any shape as bytes: the shape, then what zlib makes of them."""
    shape = struct.pack(f"<B{levels.ndim}I", levels.ndim, *levels.shape)
    return shape + zlib.compress(np.ascontiguousarray(levels).tobytes(), _ZLIB_LEVEL)


def unpack_levels(blob: bytes) -> Levels:
    """The levels that ``pack_levels`` wrote.

    Raises ``ValueError`` or ``struct.error`` when something is missing.
    """
    (axes,) = struct.unpack_from("<B", blob)
    shape = struct.unpack_from(f"<{axes}I", blob, 1)
    if math.prod(shape) > _LARGEST:
        raise ValueError("painted output has no size that anything is painted in")
    try:  # one byte more than there should be shows that there are too many
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(blob[1 + 4 * axes :], math.prod(shape) + 1)
    except zlib.error as error:
        raise ValueError(f"painted output is damaged ({error})") from error
    levels = np.frombuffer(raw, np.uint8).reshape(shape)
    if not unpacker.eof:  # the check sum comes last
        raise ValueError("painted output is cut")
    return levels
