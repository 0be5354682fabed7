"""``--data builtin``: real pictures that ship with scikit-image.

Depth: the Middlebury 2014 motorcycle scene (left view, 500 x 741, disparity for 93 % of its
pixels) is cut into square tiles. All tiles of one column form a group, so that splits keep columns
whole; columns are still parts of one photograph, so figures on this data show that a prompt works
on real pictures, not how well it generalises.

Denoising, deraining and enhancement: colour pictures that are degraded here
(``builtin_degraded.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.data import specs
from painter_kit.data.base import check_task
from painter_kit.data.builtin_degraded import DegradedTiles
from painter_kit.data.tiles import Photograph, Tiles
from painter_kit.errors import InputError
from painter_kit.types import Examples, Image, Spec

TILE = 74
# Calibration of the down-sampled pictures, as scikit-image documents it.
FOCAL_PX = 994.978
BASELINE_M = 0.193001
PRINCIPAL_SHIFT_PX = 31.086
SUBSET = "all"


def depth_from_disparity(disparity: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """float32 metres (H, W) of a rectified pair's disparity in pixels; not a number becomes 0."""
    depth = FOCAL_PX * BASELINE_M / (disparity + PRINCIPAL_SHIFT_PX)
    return np.nan_to_num(depth, nan=0.0).astype(np.float32)


@lru_cache(maxsize=1)
def motorcycle() -> tuple[Image, npt.NDArray[np.float32]]:
    """The photograph uint8 (500, 741, 3) and its depth float32 (500, 741) in metres."""
    from skimage import data

    left, _, disparity = data.stereo_motorcycle()
    return left, depth_from_disparity(disparity)


@dataclass(frozen=True)
class BuiltinData:
    """Pictures that ship in dependencies, for depth and the restoration tasks."""

    name: str = "builtin"
    tasks: tuple[str, ...] = ("depth", *specs.RESTORATION)

    @property
    def sources(self) -> Mapping[str, str]:
        """Every split is drawn from the subset ``all``."""
        return dict.fromkeys(("pool", "select", "confirm", "test"), SUBSET)

    def spec(self, task: str) -> Spec[Any]:
        """The released constants of the task. Raises ``InputError`` for another task."""
        check_task(self, task)
        return specs.released_spec(self.name, task)

    def examples(self, task: str, subset: str = SUBSET) -> Examples:
        """Degraded tiles; for depth the tiles where enough of it is known, row by row."""
        self.spec(task)
        if task in specs.RESTORATION:
            return DegradedTiles(task)
        image, depth = motorcycle()
        return Tiles.of(Photograph("motorcycle", image, depth), task, TILE)


def open_builtin(argument: str, root: Path | None = None) -> BuiltinData:
    """The built-in pictures. Raises ``InputError`` when an argument follows the name."""
    if argument:
        raise InputError(
            f"--data builtin:{argument}: builtin takes no argument; use --data builtin"
        )
    return BuiltinData()
