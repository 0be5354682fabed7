"""Instance candidates by colour, without a palette x H x W volume.

Distinct colours are gathered in cubes of the colour space. All colours of a cube are near to
the same places, so that distances are dense tables, made one cube at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.types import Image

Levels = tuple[npt.NDArray[np.uint8], ...]
Indices = npt.NDArray[np.integer]

# Bits of a channel inside a cube. Small pictures have few colours, for which making many tables
# takes longer than filling large ones.
_BITS, _SMALL_BITS = 5, 7
_SMALL = 1 << 14  # pixels of a small picture
_MOST = 1024  # colours whose distances are held at once
_AWAY = -1000  # red of colours that are near to no place
_EXACT = 1 << 24  # float32 holds whole numbers up to here


@dataclass(frozen=True)
class Members:
    """Which distinct colours of a picture lie near which place of the palette.

    ``channels`` int16 (3, U) are the distinct colours, cube by cube, ``counts`` (U,) their pixels
    and ``inverse`` (H, W) the distinct colour of each pixel. Each of ``cubes``, or of the pieces of
    a full one, has its first colour, the one after its last, and the places that may be near to
    them. ``palette`` int16 (3, P) are the places' colours; a colour is near when its distance
    (sum over channels of absolute differences) is at most ``largest``.
    """

    channels: npt.NDArray[np.int16]
    counts: npt.NDArray[np.int64]
    inverse: Indices
    cubes: list[tuple[int, int, Indices]]
    palette: npt.NDArray[np.int16]
    largest: int

    def best(self, limit: int) -> tuple[Indices, npt.NDArray[np.float64]]:
        """Places (n,) with the smallest mean distance, first in the palette on ties, and scores.

        The score is 1 - distance / max(largest distance of these, 1), distance per channel.
        """
        area, total = np.zeros((2, self.palette.shape[1]))
        for cube, columns, distance in self.distances(np.arange(len(area))):
            near = distance <= self.largest
            pixels = self.counts[cube].astype(np.float64)
            area[columns] += pixels @ near
            total[columns] += pixels @ (distance * near)
        places = np.flatnonzero(area)
        mean = total[places] / (3 * area[places])
        order = np.argsort(mean, kind="stable")[:limit]
        places, mean = places[order], mean[order]
        return places, 1 - mean / max(mean.max(initial=0), 1)

    def distances(self, places: Indices) -> Iterator[tuple[slice, Indices, npt.NDArray[np.int16]]]:
        """Cube by cube: its colours, which of ``places`` (positions) may be near, distances."""
        position = np.full(self.palette.shape[1], -1)
        position[places] = np.arange(len(places))
        for start, stop, local in self.cubes:
            columns = position[local]
            local, columns = local[columns >= 0], columns[columns >= 0]
            if len(local):
                colours, there = self.channels[:, start:stop, None], self.palette[:, None, local]
                red, green, blue = np.abs(colours - there)
                yield slice(start, stop), columns, red + green + blue


def near_places(
    picture: Image, levels: Levels, threshold: float, ignore_black: bool = False
) -> Members:
    """Combinations whose mean absolute difference per channel is strictly below ``threshold``.

    ``levels`` are those of red, green and blue; the palette is their product, red slowest.
    ``ignore_black``: colours nearer to black than to any place belong to none.
    """
    largest = int(np.ceil(3 * threshold)) - 1
    bits = _SMALL_BITS if picture.shape[0] * picture.shape[1] <= _SMALL else _BITS
    coded = _code(picture, bits)
    codes, inverse, counts = np.unique(coded, return_inverse=True, return_counts=True)
    channels = _channels(codes, bits)
    grid = [level.astype(np.int16) for level in levels]
    if ignore_black:
        nearest = sum(
            np.abs(c[:, None] - g).min(axis=1) for c, g in zip(channels, grid, strict=True)
        )
        channels[0, channels.sum(axis=0) < nearest] = _AWAY
    palette = np.stack([g.ravel() for g in np.meshgrid(*grid, indexing="ij")])
    cubes = list(_cubes(codes >> 3 * bits, grid, largest, bits))
    return Members(channels, counts, inverse.reshape(picture.shape[:2]), cubes, palette, largest)


def _shifts(bits: int) -> tuple[tuple[int, int], ...]:
    """Where red, green and blue have their cube and their place in it, in a colour's number."""
    return tuple((3 * bits + (8 - bits) * c, bits * c) for c in (2, 1, 0))


def _code(picture: Image, bits: int) -> npt.NDArray[np.int32]:
    """A number for every colour: its cube, then its place in the cube, each red, green, blue."""
    value = np.arange(256, dtype=np.int32)
    total = np.zeros(picture.shape[:2], np.int32)
    for channel, (cube, inside) in enumerate(_shifts(bits)):
        coded = (value >> bits << cube) + (value % (1 << bits) << inside)
        total += coded[picture[..., channel]]
    return total


def _channels(codes: Indices, bits: int) -> npt.NDArray[np.int16]:
    """int16 (3, U): red, green and blue of the colours with these numbers."""
    side, cubes = 1 << bits, 1 << 8 - bits
    values = [(codes >> c) % cubes << bits | (codes >> i) % side for c, i in _shifts(bits)]
    return np.stack(values).astype(np.int16)


def _cubes(
    cubes: Indices, levels: list[npt.NDArray[np.int16]], largest: int, bits: int
) -> Iterator[tuple[int, int, Indices]]:
    """First colour, end and places within ``largest`` of each run of equal cube numbers, which
    comes in pieces of at most ``_MOST`` colours."""
    side = 1 << bits
    low = np.arange(0, 256, side)[:, None]
    gaps = [np.maximum(np.maximum(low - v, v - low - side + 1), 0) for v in levels]
    numbers, starts = np.unique(cubes, return_index=True)
    places = [numbers >> cube - 3 * bits & (1 << 8 - bits) - 1 for cube, _ in _shifts(bits)]
    for start, stop, *cube in zip(starts, [*starts[1:], len(cubes)], *places, strict=True):
        red, green, blue = (gap[place] for gap, place in zip(gaps, cube, strict=True))
        least = red[:, None, None] + green[:, None] + blue
        near = np.flatnonzero(least <= largest)
        for first in range(int(start), int(stop), _MOST):
            yield first, min(first + _MOST, int(stop)), near


def overlaps(members: Members, places: Indices) -> npt.NDArray[np.float64]:
    """float64 (n, n): IoU between the pixel sets of ``places``, none of which is empty."""
    shared = np.zeros((len(places), len(places)))
    exact = np.float32 if members.counts.sum() < _EXACT else np.float64
    for cube, columns, distance in members.distances(places):
        near = distance <= members.largest
        some = near.any(axis=0)
        near, columns = near[:, some].astype(exact), columns[some]
        pixels = members.counts[cube, None].astype(exact)
        shared[columns[:, None], columns] += near.T @ (near * pixels)
    areas = shared.diagonal()
    return shared / (areas[:, None] + areas - shared)


def masks_of(members: Members, places: Indices) -> npt.NDArray[np.bool_]:
    """bool (n, H, W): the pixels of each place."""
    near = np.zeros((len(places), len(members.counts)), bool)
    for cube, columns, distance in members.distances(places):
        near[columns, cube] = (distance <= members.largest).T
    return near.take(members.inverse, axis=1)  # in C order, which indexing would not give
