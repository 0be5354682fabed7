"""Keypoints of one person or animal: heat in red, class squares in green and blue (paper 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.base import Task
from painter_kit.types import Image, Size, Spec, Truth


@dataclass(frozen=True)
class KeypointProtocol:
    """The skeleton and the constants of painting; the constants are those of COCO at 256 x 192.

    ``names`` and ``sigmas`` (OKS fall-off, as in COCO: standard deviation / sqrt(area)) have one
    entry per keypoint, ``flip_pairs`` the indices that a mirror swaps. ``class_sigma`` and
    ``heat_sigma`` are in pixels of the picture: squares of about 6 ``class_sigma`` + 1 pixels
    carry the class, Gaussians of ``heat_sigma`` the heat. ``foreground_weight`` is the loss
    weight of painted elements (pixels x channels); with fewer than ``near_empty`` of them the
    target does not count. ``pck_share``: PCK accepts points within this share of the box's
    longer side.
    """

    names: tuple[str, ...]
    sigmas: tuple[float, ...]
    flip_pairs: tuple[tuple[int, int], ...] = ()
    class_sigma: float = 1.5
    heat_sigma: float = 3.0
    foreground_weight: float = 10.0
    near_empty: int = 300
    pck_share: float = 0.1


def encode(truth: Truth, spec: Spec[KeypointProtocol], size: Size) -> Image:
    """uint8 (H, W, 3): the visible ``keypoints``; they must be in pixels of a picture of ``size``.

    Red is the largest heat of any keypoint, truncated; green and blue are the class colour on
    the keypoint's square. Where squares overlap the hottest keypoint wins, the first on ties.
    """
    heat = np.zeros(size, np.float32)
    hottest = np.full(size, -1, np.float32)
    picture = np.zeros((*size, 3), np.uint8)
    protocol = spec.protocol
    for (x, y, seen), colour in zip(truth["keypoints"].tolist(), spec.coding.palette, strict=True):
        if seen <= 0:
            continue
        centre = int(x + 0.5), int(y + 0.5)  # truncates toward zero left of the picture
        own = np.zeros(size, np.float32)
        rows, columns, values = _gaussian(centre, protocol.heat_sigma, size)
        own[rows, columns] = values
        np.maximum(heat, own, out=heat)
        rows, columns, _ = _gaussian(centre, protocol.class_sigma, size)
        wins = own[rows, columns] > hottest[rows, columns]
        hottest[rows, columns][wins] = own[rows, columns][wins]
        picture[rows, columns, 1:][wins] = colour[1:]
    picture[..., 0] = 255 * heat
    return picture


def _gaussian(
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


def weight(truth: Truth, spec: Spec[KeypointProtocol], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): ``foreground_weight`` on painted elements, 1 elsewhere.

    All zeros when almost nothing is painted.
    """
    painted = encode(truth, spec, size) > 0
    if np.count_nonzero(painted) < spec.protocol.near_empty:
        return np.zeros((*size, 3), np.float32)
    return np.where(painted, np.float32(spec.protocol.foreground_weight), np.float32(1))


def _next_commit(*_: Any) -> Any:
    raise NotImplementedError


TASKS = {name: Task(name, encode, weight, *[_next_commit] * 5) for name in ("keypoint",)}
