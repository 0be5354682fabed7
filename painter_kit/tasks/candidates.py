"""Instance candidates by colour, without a palette x H x W volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.types import Image

Levels = tuple[npt.NDArray[np.uint8], ...]
Indices = npt.NDArray[np.integer]

_CHUNK = 8192  # colours at a time; bounds the memory of the enumeration to a few MB


@dataclass(frozen=True)
class Members:
    """Which distinct colours of a picture lie near which place of the palette.

    ``colour``, ``place`` and ``distance`` (sum over channels of absolute differences) have one
    entry per near combination, in order of colour; ``counts`` (U,) are the pixels of each
    distinct colour and ``inverse`` (H, W) the distinct colour of each pixel.
    """

    colour: Indices
    place: Indices
    distance: npt.NDArray[np.int16]
    counts: npt.NDArray[np.int64]
    inverse: Indices

    def best(self, limit: int) -> tuple[Indices, npt.NDArray[np.float64]]:
        """Places (n,) with the smallest mean distance, first in the palette on ties, and scores.

        The score is 1 - distance / max(largest distance of these, 1), distance per channel.
        """
        pixels = self.counts[self.colour]
        area = np.bincount(self.place, pixels)
        places = np.flatnonzero(area)
        total = np.bincount(self.place, pixels * self.distance)
        mean = total[places] / (3 * area[places])
        order = np.argsort(mean, kind="stable")[:limit]
        places, mean = places[order], mean[order]
        return places, 1 - mean / max(mean.max(initial=0), 1)


def near_places(
    picture: Image, levels: Levels, threshold: float, ignore_black: bool = False
) -> Members:
    """Combinations whose mean absolute difference per channel is strictly below ``threshold``.

    ``levels`` are those of red, green and blue; the palette is their product, red slowest.
    ``ignore_black``: colours nearer to black than to any place belong to none.
    """
    red, green, blue = (picture[..., c].astype(np.int32) for c in range(3))
    codes, inverse, counts = np.unique(
        (red << 16) + (green << 8) + blue, return_inverse=True, return_counts=True
    )
    channels = np.stack([codes >> 16, codes >> 8 & 255, codes & 255]).astype(np.int16)
    largest = int(np.ceil(3 * threshold)) - 1
    gaps = [abs(c[:, None] - v.astype(np.int16)) for c, v in zip(channels, levels, strict=True)]
    if ignore_black:
        nearest = sum(g.min(axis=1) for g in gaps)
        gaps[0][channels.sum(axis=0) < nearest] = largest + 1
    parts = [
        _enumerate([g[i : i + _CHUNK] for g in gaps], largest, i)
        for i in range(0, len(codes), _CHUNK)
    ]
    colour, place, distance = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Members(colour, place, distance, counts, inverse.reshape(picture.shape[:2]))


def _enumerate(
    gaps: list[npt.NDArray[np.int16]], largest: int, offset: int
) -> tuple[Indices, Indices, npt.NDArray[np.int16]]:
    """(colour, place, distance) of every combination whose distance is at most ``largest``."""
    colour = np.arange(len(gaps[0]), dtype=np.int32)
    place = np.zeros(len(colour), np.int32)
    distance = np.zeros(len(colour), np.int16)
    for gap in gaps:
        width = gap.shape[1]
        grown = (distance[:, None] + gap[colour]).ravel()
        near = np.flatnonzero(grown <= largest).astype(np.int32)
        rows = near // width
        distance = grown[near]
        place = place[rows] * width + (near - rows * width)
        colour = colour[rows]
    return colour + np.int32(offset), place, distance


def overlaps(members: Members, places: Indices) -> npt.NDArray[np.float64]:
    """float64 (n, n): IoU between the pixel sets of ``places``, none of which is empty."""
    from scipy.sparse import csr_array

    column, colour = _columns(members, places)
    start = np.searchsorted(colour, np.arange(len(members.counts) + 1))
    shape = (len(members.counts), len(places))
    present = csr_array((np.ones(len(column)), column, start), shape)
    weighted = csr_array((members.counts[colour].astype(np.float64), column, start), shape)
    shared = (present.T @ weighted).toarray()
    areas = shared.diagonal()
    return shared / (areas[:, None] + areas - shared)


def masks_of(members: Members, places: Indices) -> npt.NDArray[np.bool_]:
    """bool (n, H, W): the pixels of each place."""
    near = np.zeros((len(places), len(members.counts)), bool)
    near[_columns(members, places)] = True
    return near[:, members.inverse]


def _columns(members: Members, places: Indices) -> tuple[Indices, Indices]:
    """(position in ``places``, colour) of the combinations that belong to ``places``."""
    column = np.full(members.place.max() + 1, -1, np.int32)
    column[places] = np.arange(len(places))
    columns = column[members.place]
    kept = columns >= 0
    return columns[kept], members.colour[kept]
