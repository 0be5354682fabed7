"""Square tiles of one photograph with truth, for data that are a single large picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.colors import VOID
from painter_kit.types import Example, Image, Truth

LEAST_KNOWN = 0.5  # a tile with less than this share of known depth says little
LEAST_SEEN = 0.02  # share of a tile that an instance's piece has to cover to be one


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture uint8 (H, W, 3) with what is known of it.

    ``depth_m`` float32 (H, W) in metres, 0 unknown; ``masks`` bool (N, H, W) of its objects;
    ``labels`` uint8 (H, W), 255 where there is no object.
    """

    name: str
    image: Image
    depth_m: npt.NDArray[np.float32] | None = None
    masks: npt.NDArray[np.bool_] | None = None
    labels: npt.NDArray[np.uint8] | None = None

    def truth(self, task: str, tile: tuple[slice, slice]) -> Truth | None:
        """The truth of one tile; None where there is too little of it.

        Depth must be known for half of the tile and labels for a fiftieth, foreground is wherever
        any object is and must leave some background, and instances are the pieces of objects within
        the tile, the largest first.
        """
        if task == "depth":
            assert self.depth_m is not None
            depth = self.depth_m[tile].copy()
            return {"depth_m": depth} if (depth > 0).mean() >= LEAST_KNOWN else None
        if task == "semantic":
            assert self.labels is not None
            labels = self.labels[tile].copy()
            return {"labels": labels} if (labels != VOID).mean() >= LEAST_SEEN else None
        assert self.masks is not None
        masks = self.masks[(slice(None), *tile)]
        masks = masks[masks.mean(axis=(1, 2)) >= LEAST_SEEN]
        if task == "foreground":
            mask = np.asarray(masks.any(axis=0), np.uint8)
            return {"mask": mask} if 0 < mask.mean() <= 1 - LEAST_SEEN else None
        order = np.argsort(-masks.sum(axis=(1, 2)), kind="stable")
        return {"masks": masks[order]} if len(masks) else None


@dataclass(frozen=True)
class Tiles:
    """Tiles of ``side`` pixels that have truth for ``task``, row by row.

    All tiles of one column form a group, so that splits keep columns whole.
    """

    photograph: Photograph
    task: str
    side: int
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, photograph: Photograph, task: str, side: int) -> Tiles:
        """Every tile with enough truth."""
        rows, columns = (length // side for length in photograph.image.shape[:2])
        places = tuple(
            (row, column)
            for row in range(rows)
            for column in range(columns)
            if photograph.truth(task, _tile(row, column, side)) is not None
        )
        return cls(photograph, task, side, places)

    @property
    def ids(self) -> Sequence[str]:
        """``NAME-ROW-COLUMN``, counted in tiles."""
        return [f"{self.photograph.name}-{row}-{column}" for row, column in self.places]

    @property
    def groups(self) -> Sequence[str]:
        """The column of each tile."""
        return [f"column-{column}" for _, column in self.places]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int, /) -> Example:
        tile = _tile(*self.places[index], self.side)
        truth = self.photograph.truth(self.task, tile)
        assert truth is not None  # places are those that have some
        image = self.photograph.image[tile].copy()
        return Example(self.ids[index], self.groups[index], image, truth)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


def _tile(row: int, column: int, side: int) -> tuple[slice, slice]:
    return slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side)
