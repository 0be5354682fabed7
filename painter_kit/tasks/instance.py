"""Class-agnostic instances, each painted in the colour of its place (paper 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import Rounding, ramp_table, resize_nearest
from painter_kit.types import Image, Size, Spec, Truth


@dataclass(frozen=True)
class InstanceProtocol:
    """Constants of painting and decoding; the defaults are the released ones for COCO.

    The picture is a grid of ``(blocks * cells) ** 2`` places: the block gives red, row and
    column of the cell inside the block green and blue, between the two colours of the coding's
    ramp (``colors.LOCATION_CODING``). ``distance_threshold``: mean absolute difference per
    channel (0..255) under which a pixel belongs to a place. ``ignore_black``: pixels nearer to
    black than to any place belong to none (released code: they do). ``candidates`` go into
    matrix NMS with ``nms_kernel`` and ``nms_sigma``, ``keep`` come out. ``near_empty``: with
    fewer foreground elements (pixels x channels) the target does not count in the loss.
    """

    blocks: int = 4
    cells: int = 20
    distance_threshold: float = 19.0
    ignore_black: bool = False
    candidates: int = 2000
    nms_kernel: Literal["gaussian", "linear"] = "gaussian"
    nms_sigma: float = 2.0
    keep: int = 100
    near_empty: int = 300
    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[InstanceProtocol], size: Size) -> Image:
    """uint8 (H, W, 3): every mask (N, H, W) in the colour of its centre of mass, on black.

    Masks are resized first; crowds are not painted; a later mask covers an earlier one.
    """
    pixels = np.zeros((size[0] * size[1], 3), np.uint8)
    crowd = truth.get("crowd")
    for index, full in enumerate(truth["masks"]):
        if crowd is not None and crowd[index]:
            continue
        places = np.flatnonzero(resize_nearest(full, size))
        if len(places):
            rows, columns = np.divmod(places, size[1])
            pixels[places] = place_colour(rows.mean(), columns.mean(), spec, size)
    return pixels.reshape(*size, 3)


def place_colour(
    row: float, column: float, spec: Spec[InstanceProtocol], size: Size
) -> npt.NDArray[np.uint8]:
    """uint8 (3,): the colour of an instance centred at this pixel of a picture of ``size``."""
    blocks, cells = spec.protocol.blocks, spec.protocol.cells
    last = blocks * cells - 1
    block_y, cell_y = divmod(int(row / size[0] * last), cells)
    block_x, cell_x = divmod(int(column / size[1] * last), cells)
    levels = place_levels(spec)
    return np.array(
        [levels[0][blocks * block_y + block_x], levels[1][cell_y], levels[2][cell_x]], np.uint8
    )


def place_levels(spec: Spec[InstanceProtocol]) -> tuple[npt.NDArray[np.uint8], ...]:
    """Levels of red (blocks ** 2,), green (cells,) and blue (cells,) that places are painted in.

    The palette is their product, red slowest: place ((block * cells) + cell row) * cells + cell
    column.
    """
    ramp, protocol = spec.coding.ramp, spec.protocol
    fine = ramp_table(ramp, protocol.cells)
    return ramp_table(ramp, protocol.blocks**2)[:, 0], fine[:, 1], fine[:, 2]


def weight(truth: Truth, spec: Spec[InstanceProtocol], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): ones, or zeros when almost nothing is painted."""
    foreground = np.count_nonzero(encode(truth, spec, size))
    return np.full((*size, 3), foreground >= spec.protocol.near_empty, np.float32)


def _next_commit(*_: Any) -> Any:
    raise NotImplementedError


TASKS = {name: Task(name, encode, weight, *[_next_commit] * 5) for name in ("instance",)}
