"""FSS-1000: a folder per class with pictures and white masks, and the authors' list of tests.

The classes are the world's shapes, all of them in the list; ``count`` pictures of each, at most
ten, are found by rendering scenes until one shows the shape large enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.fss1000 import FOLDER, LIST, PER_CLASS
from painter_kit.data.layouts.base import Layout, LayoutOptions
from painter_kit.data.layouts.class_masks import LEAST, SHAPES, shape_numbers
from painter_kit.data.layouts.pictures import write_picture
from painter_kit.data.prepare.base import Item
from painter_kit.data.world.scene import render_scene
from painter_kit.data.world.shapes import SEEN, UNSEEN
from painter_kit.errors import PainterKitError
from painter_kit.files import write_text
from painter_kit.types import Size

SIZE = (224, 224)
_TRIED = 100  # scenes for one picture


def _count(options: LayoutOptions) -> int:
    return min(options.count, PER_CLASS)


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.size or SIZE] * (len(SHAPES) * _count(options))


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    items = []
    for shape in SHAPES:
        for number in range(1, _count(options) + 1):
            stem = root / FOLDER / shape / f"{number}.jpg"
            outputs = stem, stem.with_suffix(".png")
            items.append(Item(outputs, partial(_write, outputs, options, shape, number)))
    return items


def _write(outputs: Sequence[Path], options: LayoutOptions, shape: str, number: int) -> None:
    categories = SEEN if shape in SEEN else UNSEEN
    for index in range(_TRIED * number, _TRIED * (number + 1)):
        key = f"fss-{shape}"
        scene = render_scene(options.seed, key, index, options.size or SIZE, categories)
        mask = shape_numbers(scene.labels) == SHAPES.index(shape)
        if mask.mean() >= LEAST:
            write_picture(outputs[0], scene.image)
            write_picture(outputs[1], np.repeat(mask[..., None], 3, axis=2).astype(np.uint8) * 255)
            return
    raise PainterKitError(f"no scene shows a {shape} large enough; give a larger --size")


def _finish(root: Path, options: LayoutOptions) -> None:
    write_text(root / FOLDER / LIST, "\n".join(SHAPES) + "\n")


LAYOUT = Layout(
    "fss1000", "shapes as classes, white masks", (FOLDER,), 0.6, _sizes, _items, _finish
)
