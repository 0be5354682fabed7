"""Depth in metres, painted as a grey or coloured ramp (paper 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import Rounding, ramp_table, resize_nearest
from painter_kit.types import Coding, Image, Size, Spec, Truth


@dataclass(frozen=True)
class DepthProtocol:
    """Constants of the depth metric; the defaults are those of NYUv2 without a crop.

    ``crop`` = (top, bottom, left, right), slices of rows and columns outside of which pixels do
    not count; the Eigen crop of 480 x 640 pictures is ``EIGEN_CROP``. Depths are in metres,
    valid strictly between ``min_m`` and ``max_m``.
    """

    min_m: float = 1e-3
    max_m: float = 10.0
    crop: tuple[int, int, int, int] | None = None
    rounding: Rounding = "truncate"


EIGEN_CROP = (45, 471, 41, 601)


def encode(truth: Truth, spec: Spec[DepthProtocol], size: Size) -> Image:
    """uint8 (H, W, 3): ``depth_m`` on the coding's ramp over its span; 0 (no value) is black.

    As the released loader does, metres become whole millimetres and then one of 256 levels,
    both truncated: on the base ramp 10 m are 255 and 39 mm are still 0.
    """
    depth = resize_nearest(truth["depth_m"], size)
    picture = ramp_table(spec.coding.ramp)[_levels(depth, spec.coding)]
    picture[depth <= 0] = 0
    return picture


def _levels(depth: npt.NDArray[np.floating], coding: Coding) -> npt.NDArray[np.integer]:
    near, far = (round(1000 * metres) for metres in coding.span)
    # The micrometre keeps depths that came from whole millimetres whole in float32.
    millimetres = np.clip(np.multiply(depth, 1000, dtype=np.float64) + 1e-3, near, far)
    return (millimetres.astype(np.int32) - near) * 255 // (far - near)


def weight(truth: Truth, spec: Spec[DepthProtocol], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): 1 where a depth is painted, 0 where it is missing or painted black."""
    painted = encode(truth, spec, size).any(axis=2, keepdims=True)
    return np.repeat(painted.astype(np.float32), 3, axis=2)


def _next_commit(*_: Any) -> Any:
    raise NotImplementedError


TASKS = {name: Task(name, encode, weight, *[_next_commit] * 5) for name in ("depth",)}
