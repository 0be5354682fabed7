"""PASCAL-5i: VOC's pictures and class masks, and the lists of four folds.

The ten shapes of the world are every second of the 20 classes, so that each fold has some.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.folds import FOLDS, SPLITS
from painter_kit.data.layouts.base import Layout, LayoutOptions
from painter_kit.data.layouts.class_masks import draw_shapes, shape_numbers, written
from painter_kit.data.layouts.outlines import outlines
from painter_kit.data.layouts.pictures import write_picture
from painter_kit.data.pascal5i import FOLDER, fold_of, list_file
from painter_kit.data.prepare.base import Item
from painter_kit.files import write_text
from painter_kit.types import Size

SIZES = ((375, 500), (500, 375), (333, 500))
VOID = 255


def _names(options: LayoutOptions, split: str) -> list[str]:
    year = {"trn": 2008, "val": 2007}[split]
    return [f"{year}_{number:06d}" for number in range(1, options.count + 1)]


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.pick(SIZES, i) for _ in SPLITS for i in range(options.count)]


def _mask(root: Path, name: str) -> Path:
    return root / FOLDER / "VOC2012" / "SegmentationClassAug" / f"{name}.png"


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    items = []
    for split in SPLITS:
        for index, name in enumerate(_names(options, split)):
            picture = root / FOLDER / "VOC2012" / "JPEGImages" / f"{name}.jpg"
            outputs = picture, _mask(root, name)
            items.append(Item(outputs, partial(_write, outputs, options, split, index)))
    return items


def _write(outputs: Sequence[Path], options: LayoutOptions, split: str, index: int) -> None:
    world = {"trn": "train", "val": "test"}[split]
    scene = draw_shapes(options, world, index, options.pick(SIZES, index))
    shapes = shape_numbers(scene.labels)
    labels = np.where(shapes < 0, 0, 2 * shapes + 1).astype(np.uint8)
    labels[outlines(scene.ids)] = VOID
    write_picture(outputs[0], scene.image)
    write_picture(outputs[1], labels)


def _finish(root: Path, options: LayoutOptions) -> None:
    for split in SPLITS:
        shown = {name: written(_mask(root, name)) for name in _names(options, split)}
        for fold in range(FOLDS):
            lines = [
                f"{name}__{label:02d}"
                for name, labels in shown.items()
                for label in labels
                if fold_of(label - 1) == fold
            ]
            path = list_file(root / FOLDER, split, fold)
            write_text(path, "".join(f"{line}\n" for line in lines))


LAYOUT = Layout(
    "pascal5i", "VOC pictures, class masks and lists", (FOLDER,), 0.8, _sizes, _items, _finish
)
