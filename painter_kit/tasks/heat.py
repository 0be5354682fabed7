"""Heat maps of keypoints: how they are painted and how points are read from them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.types import Size


class Keypoints(NamedTuple):
    """Predicted keypoints of one picture of ``size``.

    ``points`` float64 (K, 2), x and y in pixels, (-1, -1) where nothing is painted; ``scores``
    float64 (K,), the heat 0..1.
    """

    points: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    size: Size


def gaussian(
    centre: tuple[int, int], sigma: float, size: Size
) -> tuple[slice, slice, npt.NDArray[np.float32]]:
    """Rows, columns and heat (peak 1) of a Gaussian's support, cut at the picture's edges."""
    columns, right, left = _support(centre[0], sigma, size[1])
    rows, lower, upper = _support(centre[1], sigma, size[0])
    return rows, columns, _kernel(sigma)[upper:lower, left:right]


def _support(centre: int, sigma: float, length: int) -> tuple[slice, int, int]:
    """Pixels of one axis that a keypoint covers, and the end and start of its kernel there.

    From int(c - 3 sigma) to int(c + 3 sigma + 1) exclusive. Truncation toward zero shifts the
    kernel by a pixel at the left and upper edge when 3 sigma is not whole (released code).
    """
    start, stop = int(centre - 3 * sigma), int(centre + 3 * sigma + 1)
    first, last = min(max(start, 0), length), max(min(stop, length), 0)
    last = max(first, last)
    return slice(first, last), last - start, first - start


@lru_cache(maxsize=16)
def _kernel(sigma: float) -> npt.NDArray[np.float32]:
    """The un-normalised Gaussian that supports are cut from, peak 1 at (6 sigma + 1) // 2."""
    side = 6 * sigma + 1
    offset = np.arange(int(np.ceil(side)), dtype=np.float32) - np.float32(side // 2)
    squared = np.square(offset)[:, None] + np.square(offset)
    return np.exp(-squared / np.float32(2 * sigma**2))


def mirrored_back(plane: npt.NDArray[np.uint8], shift: bool) -> npt.NDArray[np.uint8]:
    """What was read of a mirrored picture (H, W), in the places of the picture itself.

    ``shift`` moves the result right by a pixel, the first column keeping its values, which aligns
    it where pictures are larger than heat maps (released code).
    """
    mirrored = plane[:, ::-1]
    return np.concatenate([mirrored[:, :1], mirrored[:, :-1]], axis=1) if shift else mirrored


def locate(heat: npt.NDArray[np.number], top: float = 1.0) -> Keypoints:
    """Keypoints of heat maps (K, H, W): first largest value, shifted by a quarter pixel.

    The shift goes towards the larger neighbour in x and in y, and is left out where the largest
    value is within a pixel of the border or the neighbours are equal. (-1, -1) with score 0
    where no value is positive. ``top`` is the heat that scores 1.
    """
    count, height, width = heat.shape
    flat = heat.reshape(count, -1)
    best = flat.argmax(axis=1)
    scores = flat[np.arange(count), best].astype(np.float64) / top
    rows, columns = np.divmod(best, width)
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    inner = (columns > 1) & (columns < width - 1) & (rows > 1) & (rows < height - 1)
    k, y, x = np.flatnonzero(inner), rows[inner], columns[inner]

    def step(after: np.ndarray, before: np.ndarray) -> npt.NDArray[np.float64]:
        return 0.25 * np.sign(after.astype(np.float64) - before)

    points[inner, 0] += step(heat[k, y, x + 1], heat[k, y, x - 1])
    points[inner, 1] += step(heat[k, y + 1, x], heat[k, y - 1, x])
    missing = scores <= 0
    points[missing], scores[missing] = -1, 0
    return Keypoints(points, scores, (height, width))
