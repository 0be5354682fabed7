"""Objects of COCO's annotations as masks: polygons and run lengths, checked before they are drawn.

pycocotools trusts what it is given: a run length that leaves the picture or a corner far outside of
it makes its C code write where it must not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.types import Size


def draw(shape: Any, size: Size) -> npt.NDArray[np.bool_]:
    """bool (H, W): the pixels of one ``segmentation``, as pycocotools draws them.

    ``shape`` is a list of polygons (x and y in turn, pixels) or a mapping with ``size`` (H, W) and
    ``counts``, a list or COCO's compressed text. Polygons of fewer than three corners, of which
    there are some in LVIS, show nothing. Raises ``ValueError`` for anything else, for corners that
    are farther outside of the picture than it is large, and for runs that are not those of a
    picture of this size.
    """
    from pycocotools import mask as coco

    if isinstance(shape, list):
        corners = (_polygon(polygon, size) for polygon in shape)
        polygons: Any = [polygon for polygon in corners if len(polygon) >= 6]
        if not polygons:
            return np.zeros(size, bool)
        return coco.decode(coco.merge(coco.frPyObjects(polygons, *size))).astype(bool)
    if not isinstance(shape, dict) or list(shape.get("size", ())) != list(size):
        raise ValueError(f"its run lengths are not of a picture of {size[1]} x {size[0]}")
    return _unrolled(_counts(shape.get("counts")), size)


def _polygon(corners: Any, size: Size) -> list[float]:
    found = np.asarray(corners, np.float64)
    if found.ndim != 1 or len(found) % 2:
        raise ValueError("a polygon must be numbers, x and y in turn")
    sides = np.tile(np.array(size[::-1], np.float64), len(found) // 2)
    if not ((found >= -sides) & (found <= 2 * sides)).all():
        raise ValueError("a polygon leaves the picture")
    return found.tolist()


def _counts(counts: Any) -> Sequence[int]:
    if isinstance(counts, str | bytes):
        return _uncompressed(counts.encode() if isinstance(counts, str) else counts)
    if not isinstance(counts, list) or not all(type(count) is int for count in counts):
        raise ValueError("counts must be whole numbers or COCO's text")
    return counts


def _uncompressed(text: bytes) -> list[int]:
    """Runs of COCO's text: five bits a letter, the lowest first, differences from the third on."""
    counts: list[int] = []
    value = shift = 0
    for letter in text:
        bits = letter - 48
        if not 0 <= bits < 64 or shift > 30:
            raise ValueError("counts is no text of run lengths")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:  # the sign
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return counts


def _unrolled(counts: Sequence[int], size: Size) -> npt.NDArray[np.bool_]:
    """The mask of runs of 0 and 1 in turn, column by column."""
    if min(counts, default=-1) < 0 or sum(counts) != size[0] * size[1]:
        raise ValueError(f"its run lengths are not of a picture of {size[1]} x {size[0]}")
    values = np.arange(len(counts)) % 2 == 1
    return np.ascontiguousarray(np.repeat(values, counts).reshape(size[::-1]).T)
