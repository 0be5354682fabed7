"""Patterns on surfaces, smoothed to the size of a pixel so that no picture size aliases."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.shapes import Field


def hsv(hue: float, saturation: float, value: float) -> npt.NDArray[np.float32]:
    """The RGB colour (3,), 0..1, of a hue (turns, any real), saturation and value (0..1)."""
    offsets = np.array([0.0, 4.0, 2.0])
    ramp = np.clip(np.abs((hue * 6.0 + offsets) % 6.0 - 3.0) - 1.0, 0.0, 1.0)
    return (value * (1.0 - saturation + saturation * ramp)).astype(np.float32)


@lru_cache(maxsize=64)
def _interpolation(size: int, cells: int) -> Field:
    """Linear interpolation from ``cells`` + 1 knots to ``size`` pixel centres, (size, cells+1)."""
    position = (np.arange(size) + 0.5) / size * cells
    knots = np.arange(cells + 1)
    return np.clip(1.0 - np.abs(position[:, None] - knots), 0.0, 1.0).astype(np.float32)


def noise(rng: np.random.Generator, height: int, width: int, cells: int) -> Field:
    """Smooth noise (height, width) in -1..1, made of ``cells`` x ``cells`` random knots."""
    knots = rng.random((cells + 1, cells + 1), dtype=np.float32) * 2.0 - 1.0
    return _interpolation(height, cells) @ knots @ _interpolation(width, cells).T


def stripes(t: Field, period: float, duty: float, blur: Field | float) -> Field:
    """A band pattern along ``t``: 1 inside bands of width duty * period, 0 between them.

    ``blur`` is the extent of one pixel in units of ``t``; where it nears the period, the
    pattern fades to its mean.
    """
    phase = t / period - np.floor(t / period)
    edge = np.abs(phase - 0.5) * period
    band = np.clip((0.5 * duty * period - edge) / blur + 0.5, 0.0, 1.0)
    fade = np.clip(blur / period * 2.0 - 0.5, 0.0, 1.0)
    return band + (duty - band) * fade


def checker(a: Field, b: Field, period: float, blur_a: Field | float, blur_b: Field) -> Field:
    """A checkerboard over the coordinates a and b with squares of half a period, in 0..1."""
    first = 2.0 * stripes(a, period, 0.5, blur_a) - 1.0
    second = 2.0 * stripes(b, period, 0.5, blur_b) - 1.0
    return 0.5 + 0.5 * first * second


def bricks(a: Field, b: Field, period: float, blur: Field) -> Field:
    """Brickwork in 0..1 (0 = mortar): rows of height ``period``, every second one shifted."""
    row = np.floor(b / period)
    joints = stripes(a + row * period, 2.0 * period, 0.93, blur)
    return joints * stripes(b, period, 0.86, blur)
