"""Pictures for people: rows of pictures as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from painter_kit.types import Image

_WHITE = 255


def to_picture(painted: npt.NDArray[np.floating]) -> Image:
    """Painted output (H, W, 3), 0..1 and not clipped, as a uint8 picture: clipped and rounded."""
    return np.rint(np.clip(painted, 0, 1) * 255).astype(np.uint8)


def thumbnail(picture: Image, side: int) -> Image:
    """The uint8 picture (H, W, 3) in its own shape with no side above ``side`` pixels.

    A small one is enlarged by a whole factor, pixel by pixel.
    """
    from PIL import Image as Pictures

    factor = side // max(picture.shape[:2])
    if factor:
        return picture.repeat(factor, axis=0).repeat(factor, axis=1)
    small = Pictures.fromarray(picture)
    small.thumbnail((side, side))
    return np.array(small)


def grid(rows: Sequence[Sequence[Image]], scale: int = 1, gap: int = 2) -> Image:
    """Rows of uint8 pictures (h, w, 3) side by side on white, each pixel ``scale`` times as large.

    A column is as wide as its widest picture, a row as high as its highest; pictures sit at the
    top left, ``gap`` pixels apart. Raises ``ValueError`` when there is no picture.
    """
    if not any(rows):
        raise ValueError("rows must hold at least one picture")
    columns = max(len(row) for row in rows)
    heights = [scale * max((p.shape[0] for p in row), default=0) for row in rows]
    widths = [
        scale * max((row[i].shape[1] for row in rows if i < len(row)), default=0)
        for i in range(columns)
    ]
    height, width = (sum(sizes) + gap * (len(sizes) - 1) for sizes in (heights, widths))
    sheet = np.full((height, width, 3), _WHITE, np.uint8)
    for number, row in enumerate(rows):
        top = sum(heights[:number]) + gap * number
        for column, picture in enumerate(row):
            left = sum(widths[:column]) + gap * column
            large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
            sheet[top : top + large.shape[0], left : left + large.shape[1]] = large
    return sheet
