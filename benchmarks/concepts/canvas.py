"""What Painter is shown and what it paints: the canvas, as one labelled picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from benchmarks.abilities.picture import Shown
from painter_kit.inference.canvas import resize_picture
from painter_kit.types import Image

# (label, data, task), as ``abilities.picture.show`` takes them.
ROWS = (
    ("depth", "world", "depth"),
    ("depth,\nother ramp", "world-shifted", "depth"),
    ("semantic", "world", "semantic"),
)
HEADS = ("pictures", "targets", "painted", "truth")
_LEFT, _TOP, _GAP, _FONT = 104, 26, 10, 15
_LIGHT, _DARK, _STRIPE = 228, 204, 8  # of the half that is hidden


def draw_canvases(rows: Sequence[Shown], side: int) -> Image:
    """uint8 (H, W, 3): a row for each prompt and query, every square ``side`` pixels wide.

    The first two columns are the two canvases that the network is given, prompt above query;
    the striped half is what it cannot see. What it paints there and the truth stand beside it.
    """
    height = 2 * side + _GAP
    size = _LEFT + len(HEADS) * (side + _GAP), _TOP + len(rows) * (height + _GAP)
    sheet = Pillow.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT)
    for column, head in enumerate(HEADS):
        pen.text((_place(column, side), 4), head, "black", font)
    for number, row in enumerate(rows):
        top = _TOP + number * (height + _GAP)
        for column, half, picture in _squares(row, side):
            corner = _place(column, side), top + half * side
            sheet.paste(Pillow.fromarray(picture), corner)
            pen.rectangle((*corner, corner[0] + side - 1, corner[1] + side - 1), outline="gray")
        pen.multiline_text((_GAP, top + _GAP), row.label, "black", font)
        for half, word in enumerate(("prompt", "query")):
            pen.text((_GAP, top + half * side + side // 2), word, "gray", font)
    return np.asarray(sheet)


def _place(column: int, side: int) -> int:
    return _LEFT + column * (side + _GAP)


def _squares(row: Shown, side: int) -> list[tuple[int, int, Image]]:
    """(column, half of the canvas, picture) of everything that a row shows."""
    image, target, query, truth, painted = (
        resize_picture(picture, side, "nearest") for picture in row.pictures()
    )
    given = [(0, 0, image), (0, 1, query), (1, 0, target), (1, 1, _hidden(side))]
    return [*given, (2, 1, painted), (3, 1, truth)]


def _hidden(side: int) -> Image:
    """uint8 (side, side, 3): diagonal stripes of two greys."""
    rows, columns = np.indices((side, side))
    level = np.where((rows + columns) // _STRIPE % 2, _LIGHT, _DARK).astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=2)
