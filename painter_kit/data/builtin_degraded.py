"""Colour pictures that ship with scikit-image, degraded for the restoration tasks.

Twelve tiles of 96 x 96 pixels from the middle of each of eight pictures; all tiles of a picture
form a group. Noise, rain and darkness are those of the procedural world, each tile's own and
always the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from painter_kit.data.world.corruption import corrupt, draw_strength
from painter_kit.data.world.keys import generator
from painter_kit.types import Example, Image

TILE = 96
ROWS, COLUMNS = 3, 4
PICTURES = (
    "astronaut",
    "chelsea",
    "coffee",
    "hubble_deep_field",
    "immunohistochemistry",
    "retina",
    "rocket",
    "stereo_motorcycle",
)
_SEED = 0


@lru_cache(maxsize=len(PICTURES))
def middle(name: str) -> Image:
    """uint8 (288, 384, 3): what the tiles of a picture are cut from."""
    from skimage import data

    loaded = getattr(data, name)()
    picture = loaded[0] if isinstance(loaded, tuple) else loaded  # the left one of two views
    height, width = ROWS * TILE, COLUMNS * TILE
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


@dataclass(frozen=True)
class DegradedTiles:
    """Every tile of every picture, degraded for ``task``; truth is ``clean``."""

    task: str

    @property
    def ids(self) -> Sequence[str]:
        """``PICTURE-ROW-COLUMN``, counted in tiles."""
        return [
            f"{name}-{row}-{column}"
            for name in PICTURES
            for row in range(ROWS)
            for column in range(COLUMNS)
        ]

    @property
    def groups(self) -> Sequence[str]:
        """The picture of each tile."""
        return [name for name in PICTURES for _ in range(ROWS * COLUMNS)]

    def __len__(self) -> int:
        return len(PICTURES) * ROWS * COLUMNS

    def __getitem__(self, index: int, /) -> Example:
        number, tile = divmod(index, ROWS * COLUMNS)
        row, column = divmod(tile, COLUMNS)
        name = PICTURES[number]
        cut = np.s_[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        clean = middle(name)[cut].copy()
        rng = generator(_SEED, "builtin", name, tile, self.task)
        image = corrupt(self.task, clean, draw_strength(self.task, rng), rng)
        return Example(f"{name}-{row}-{column}", name, image, {"clean": clean})

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))
