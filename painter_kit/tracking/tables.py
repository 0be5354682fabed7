"""Tables as MLflow's table view reads them, pictures in cells included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

import numpy as np

from painter_kit.types import Image, check_image

EMPTY = np.full((8, 8, 3), 255, np.uint8)  # MLflow takes no column with some cells lacking pictures


def picture_folder(name: str) -> str:
    """Where the pictures of the table called ``name`` are kept among a run's artefacts."""
    return f"table_images/{PurePosixPath(name).stem}"


def columns_of(
    name: str, rows: Sequence[Mapping[str, object]], folder: Path
) -> dict[str, list[Any]]:
    """Rows of equal keys as columns; uint8 (H, W, 3) pictures are written into ``folder``.

    A cell with a picture names the file that it has in ``picture_folder(name)``. Where other rows
    have a picture, None becomes an empty one.
    """
    columns = {key: [row[key] for row in rows] for key in rows[0]} if rows else {}
    return {key: _column(name, cells, folder) for key, cells in columns.items()}


def _column(name: str, cells: list[Any], folder: Path) -> list[Any]:
    if not any(_is_picture(cell) for cell in cells):
        return cells
    empty = _written(name, EMPTY, folder) if any(cell is None for cell in cells) else None
    return [empty if cell is None else _written(name, cell, folder) for cell in cells]


def _written(name: str, picture: Image, folder: Path) -> dict[str, str]:
    """The cell of one picture; it stands for its own thumbnail, too."""
    from PIL import Image as Pictures

    check_image(picture, f"picture of table {name}")
    file = f"{uuid4()}.png"
    Pictures.fromarray(picture).save(folder / file)
    place = f"{picture_folder(name)}/{file}"
    return {"type": "image", "filepath": place, "compressed_filepath": place}


def _is_picture(value: object) -> bool:
    return getattr(value, "ndim", 0) == 3
