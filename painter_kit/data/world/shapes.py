"""Signed distances of the world's ten shape categories.

Every function takes float32 coordinates x (right) and y (down), in units of the shape's radius,
and returns a distance of the same shape: negative inside, close to Euclidean near the outline,
so that a picture of any size can be drawn with smooth edges.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Field: TypeAlias = npt.NDArray[np.floating]
ShapeDistance: TypeAlias = Callable[[Field, Field], Field]

_SIN60 = np.float32(np.sqrt(3) / 2)


def _box(x: Field, y: Field, half_width: float, half_height: float) -> Field:
    return np.maximum(np.abs(x) - half_width, np.abs(y) - half_height)


def _circle(x: Field, y: Field, radius: float) -> Field:
    return np.hypot(x, y) - radius


def disc(x: Field, y: Field) -> Field:
    """A full circle of radius 1."""
    return _circle(x, y, 1.0)


def square(x: Field, y: Field) -> Field:
    """An upright square of side 1.7."""
    return _box(x, y, 0.85, 0.85)


def triangle(x: Field, y: Field) -> Field:
    """An equilateral triangle, tip up, base at y = 0.65."""
    return np.maximum(_SIN60 * np.abs(x) - 0.5 * (y + 1.15), y - 0.65)


def ring(x: Field, y: Field) -> Field:
    """A circular band between radius 0.5 and 1."""
    return np.abs(np.hypot(x, y) - 0.75) - 0.25


def star(x: Field, y: Field) -> Field:
    """A five-pointed star, one tip up, tips at 1.1 and notches at 0.5."""
    sector = np.float32(2 * np.pi / 5)
    angle = np.arctan2(x, -y)
    folded = np.abs(angle - sector * np.rint(angle / sector))
    radius = np.hypot(x, y)
    px, py = radius * np.cos(folded), radius * np.sin(folded)
    notch_x, notch_y = 0.5 * np.cos(sector / 2), 0.5 * np.sin(sector / 2)
    edge_x, edge_y = notch_x - 1.1, notch_y
    length = np.hypot(edge_x, edge_y)
    return ((px - 1.1) * edge_y - py * edge_x) / np.float32(length)


def cross(x: Field, y: Field) -> Field:
    """An upright cross with arms 0.6 wide."""
    return np.minimum(_box(x, y, 1.0, 0.33), _box(x, y, 0.33, 1.0))


def heart(x: Field, y: Field) -> Field:
    """A heart: two discs on the upper sides of a square that stands on its corner."""
    half = np.float32(0.52)
    turn = np.float32(np.sqrt(0.5))
    y = y - 0.2
    a, b = (x + y) * turn, (y - x) * turn
    lobes = np.minimum(np.hypot(a, b + half), np.hypot(a + half, b)) - half
    return np.minimum(_box(a, b, float(half), float(half)), lobes)


def crescent(x: Field, y: Field) -> Field:
    """A disc with a smaller disc bitten out of its right side."""
    return np.maximum(_circle(x, y, 1.0), -_circle(x - 0.5, y + 0.1, 0.75))


def hexagon(x: Field, y: Field) -> Field:
    """A regular hexagon with a flat bottom."""
    return np.maximum(_SIN60 * np.abs(x) + 0.5 * np.abs(y), np.abs(y)) - 0.87


def arrow(x: Field, y: Field) -> Field:
    """A thick arrow that points to the right."""
    shaft = _box(x + 0.4, y, 0.6, 0.26)
    tip = np.maximum(_SIN60 * np.abs(y) + 0.5 * (x - 1.05), -0.05 - x)
    return np.minimum(shaft, tip)


SEEN = ("disc", "square", "triangle", "ring", "star", "cross")
UNSEEN = ("heart", "crescent", "hexagon", "arrow")

SHAPES: dict[str, ShapeDistance] = {
    "disc": disc,
    "square": square,
    "triangle": triangle,
    "ring": ring,
    "star": star,
    "cross": cross,
    "heart": heart,
    "crescent": crescent,
    "hexagon": hexagon,
    "arrow": arrow,
}


@lru_cache(maxsize=len(SHAPES))
def _extremes(category: str) -> npt.NDArray[np.float64]:
    """Points (2, n) of the shape that reach farthest in one of many directions."""
    axis = np.linspace(-1.2, 1.2, 241)
    x, y = np.meshgrid(axis, axis)
    inside = np.stack([x, y])[:, SHAPES[category](x, y) < 0]
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    return inside[:, (np.stack([np.cos(angles), np.sin(angles)]).T @ inside).argmax(axis=1)]


def foot(category: str, turn: float) -> float:
    """How far a shape turned clockwise by ``turn`` (radians) reaches below its centre, in radii."""
    x, y = _extremes(category)
    return float((np.sin(turn) * x + np.cos(turn) * y).max())
