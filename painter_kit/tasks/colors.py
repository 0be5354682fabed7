"""Colours that stand for classes and places, and the pixel work that all tasks share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from painter_kit.types import RGB, Coding, Image, Resize, Size

ADE20K_BASE = 6
COCO_BASE = 7
VOID = 255
LOCATION_CODING = Coding(ramp=((255, 255, 255), (30, 8, 8)))

Rounding = Literal["truncate", "round"]
ColourDistance = Literal["abs", "square", "mean"]


def grid_palette(classes: int, base: int) -> tuple[RGB, ...]:
    """The paper's class colours: ``base`` levels per channel, from white downwards (paper 3.1).

    ``base`` is 6 for the 150 classes of ADE20K and 7 for the 133 of COCO. No channel is ever 0,
    so that black stays free. Raises ``ValueError`` when ``base ** 3`` colours are too few.
    """
    if not 0 < classes <= base**3:
        raise ValueError(f"classes must be between 1 and {base**3} but got {classes}")
    step = 256 // base
    return tuple(
        (
            255 - step * (c // base**2),
            255 - step * (c // base % base),
            255 - step * (c % base),
        )
        for c in range(classes)
    )


def keypoint_palette(count: int) -> tuple[RGB, ...]:
    """Colours of up to 25 keypoint classes in green and blue; red holds the heat (paper 3.1)."""
    if not 0 < count <= 25:
        raise ValueError(f"count must be between 1 and 25 but got {count}")
    return tuple((0, 255 - 51 * (k // 5), 255 - 51 * (k % 5)) for k in range(count))


@lru_cache(maxsize=256)
def lookup(palette: tuple[RGB, ...]) -> Image:
    """uint8 (256, 3): the colour of every label; labels without a colour are black."""
    table = np.zeros((256, 3), np.uint8)
    if palette:
        table[: len(palette)] = palette
    table.setflags(write=False)
    return table


@lru_cache(maxsize=256)
def ramp_table(ramp: tuple[RGB, RGB], steps: int = 256) -> Image:
    """uint8 (steps, 3): colours from the ramp's first to its last colour, rounded."""
    low, high = np.asarray(ramp, np.float64)
    share = np.linspace(0, 1, steps)[:, None]
    table = np.floor(low + (high - low) * share + 0.5).astype(np.uint8)
    table.setflags(write=False)
    return table


def paint_labels(labels: npt.NDArray[np.integer], palette: Sequence[RGB]) -> Image:
    """uint8 (H, W, 3): label c in ``palette[c]``; 255 and labels without a colour in black."""
    return lookup(tuple(palette))[labels.astype(np.uint8, copy=False)]


def resize_nearest(array: np.ndarray, size: Size) -> np.ndarray:
    """``array`` (H, W, ...) sampled at source index floor(i * in / out), without antialiasing."""
    height, width = array.shape[:2]
    if (height, width) == size:
        return array
    rows = np.arange(size[0]) * height // size[0]
    columns = np.arange(size[1]) * width // size[1]
    return array[rows[:, None], columns]


def resize_painted(
    painted: npt.NDArray[np.floating], size: Size, how: Resize
) -> npt.NDArray[np.floating]:
    """``painted`` (H, W, 3) brought to ``size`` without antialiasing, as the released code does.

    Bilinear and bicubic (a = -0.75) place samples at pixel centres (``align_corners=False``).
    The dtype is kept; values are not clipped.
    """
    if painted.shape[:2] == size:
        return painted
    if how == "nearest":
        return resize_nearest(painted, size)
    import torch
    from torch.nn.functional import interpolate

    planes = torch.from_numpy(np.ascontiguousarray(painted)).permute(2, 0, 1)[None]
    resized = interpolate(planes, size, mode=how, align_corners=False)
    return resized[0].permute(1, 2, 0).numpy()


def quantise(painted: npt.NDArray[np.floating], rounding: Rounding) -> Image:
    """0..1 to uint8, clipped; the released code truncates, which darkens by half a level."""
    levels = np.clip(painted, 0, 1) * 255
    return (np.floor(levels + 0.5) if rounding == "round" else levels).astype(np.uint8)


def painted_colours(
    painted: npt.NDArray[np.floating], size: Size, how: Resize, rounding: Rounding
) -> Image:
    """Painted output (S, S, 3) as the uint8 picture of ``size`` that colours are read from.

    Clipped, resized, then quantised, in float64 (released code).
    """
    if how == "nearest":  # samples are fewer than pixels and no others when taken first
        painted = resize_nearest(np.asarray(painted), size)
    clipped = np.clip(np.asarray(painted, np.float64), 0, 1)
    return quantise(resize_painted(clipped, size, how), rounding)


def nearest_colour(
    picture: Image,
    colours: Sequence[RGB],
    distance: ColourDistance = "abs",
    margin: float = 0.0,
    channels: Sequence[int] = (0, 1, 2),
) -> npt.NDArray[np.uint8]:
    """uint8 (H, W): index of the nearest of up to 255 colours, the lowest on ties.

    ``distance`` sums absolute or squared differences over ``channels``, or is the mean of both
    sums. 255 where the nearest leads the second by less than ``margin``.
    """
    best = np.full(picture.shape[:2], np.iinfo(np.int32).max, np.int32)
    second = best.copy() if margin > 0 else None
    labels = np.zeros(picture.shape[:2], np.uint8)
    planes = [np.ascontiguousarray(picture[..., channel]) for channel in channels]
    for index, colour in enumerate(colours):
        # Tables of 256 costs make a class three look-ups, whatever the distance.
        tables = (colour_costs(colour[c], distance) for c in channels)
        costs = (table.take(plane) for table, plane in zip(tables, planes, strict=True))
        total = sum(costs, np.int32(0))
        closer = total < best
        if second is not None:
            np.minimum(second, np.where(closer, best, total), out=second)
        labels[closer] = index
        np.minimum(best, total, out=best)
    if second is not None:
        lead = (second - best.astype(np.int64)) / (2 if distance == "mean" else 1)
        labels[lead < margin] = VOID
    return labels


@lru_cache(maxsize=2048)
def colour_costs(level: int, distance: ColourDistance) -> npt.NDArray[np.int32]:
    """Cost of every value against ``level``; for "mean" twice the mean, to stay whole."""
    gap = np.abs(np.arange(256, dtype=np.int32) - level)
    return {"abs": gap, "square": gap**2, "mean": gap + gap**2}[distance]
