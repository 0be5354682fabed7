"""Few-shot layouts of the world: scenes whose shapes are the categories.

Every second scene has shapes that the small Painter was trained on, the others have held-out ones.
A picture counts for a category when the shape covers ``LEAST`` of it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.pictures import read_index
from painter_kit.data.world.scene import CLASSES, Scene, render_scene
from painter_kit.data.world.shapes import SEEN, UNSEEN
from painter_kit.types import Size

LEAST = 0.02
SHAPES = (*SEEN, *UNSEEN)
# What is not a shape: wall and floor come first among the world's classes.
_ROOM = len(CLASSES) - len(SHAPES)


def draw_shapes(options: LayoutOptions, split: str, index: int, size: Size) -> Scene:
    """Scene ``index``: with seen shapes when it is even, with held-out ones when it is odd."""
    unseen = index % 2 == 1
    name = f"unseen-{split}" if unseen else split
    return render_scene(options.seed, name, index // 2, size, UNSEEN if unseen else SEEN)


def shape_numbers(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """(H, W): place of the shape in ``SHAPES``, -1 for the room."""
    numbers = labels.astype(np.int64) - _ROOM
    return np.where(numbers < 0, -1, numbers)


def large(mask: npt.NDArray[np.integer]) -> list[int]:
    """The values other than 0 and 255 that cover at least ``LEAST`` of a mask, ascending."""
    values, counts = np.unique(mask, return_counts=True)
    kept = counts >= LEAST * mask.size
    return [int(v) for v, keep in zip(values, kept, strict=True) if keep and v not in (0, 255)]


def written(path: Path) -> list[int]:
    """``large`` of a mask on disk."""
    return large(read_index(path))
