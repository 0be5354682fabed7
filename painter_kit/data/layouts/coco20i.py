"""COCO-20i: COCO 2014's pictures and class masks, and the lists of four folds as pickles.

The ten shapes of the world are the first ten of the 80 classes, so that each fold has some.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.coco20i import FOLDER, IMAGES, fold_of, list_file, mask_file
from painter_kit.data.folds import FOLDS, SPLITS
from painter_kit.data.layouts.base import Layout, LayoutOptions
from painter_kit.data.layouts.class_masks import SHAPES, draw_shapes, shape_numbers, written
from painter_kit.data.layouts.pictures import write_picture
from painter_kit.data.prepare.base import Item
from painter_kit.files import atomic
from painter_kit.types import Size

SIZES = ((480, 640), (640, 480), (427, 640))
_YEARS = {"trn": "train2014", "val": "val2014"}
_WORLD = {"trn": "train", "val": "test"}


def _names(options: LayoutOptions, split: str) -> list[str]:
    year = _YEARS[split]
    return [f"{year}/COCO_{year}_{number:012d}.jpg" for number in range(1, options.count + 1)]


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.pick(SIZES, i) for _ in SPLITS for i in range(options.count)]


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    folder, items = root / FOLDER, []
    for split in SPLITS:
        for index, name in enumerate(_names(options, split)):
            outputs = folder / IMAGES / name, mask_file(folder, name)
            items.append(Item(outputs, partial(_write, outputs, options, split, index)))
    return items


def _write(outputs: Sequence[Path], options: LayoutOptions, split: str, index: int) -> None:
    scene = draw_shapes(options, _WORLD[split], index, options.pick(SIZES, index))
    write_picture(outputs[0], scene.image)
    write_picture(outputs[1], (shape_numbers(scene.labels) + 1).astype(np.uint8))


def _finish(root: Path, options: LayoutOptions) -> None:
    """A validation list names the classes of its fold, a training list all others."""
    folder = root / FOLDER
    for split in SPLITS:
        shown = {name: written(mask_file(folder, name)) for name in _names(options, split)}
        by_class = {
            index: [name for name, labels in shown.items() if index + 1 in labels]
            for index in range(len(SHAPES))
        }
        for fold in range(FOLDS):
            listed = {
                index: names
                for index, names in by_class.items()
                if (fold_of(index) == fold) == (split == "val")
            }
            path = list_file(folder, split, fold).with_suffix(".pkl")
            with atomic(path) as temporary:
                temporary.write_bytes(pickle.dumps(listed))


LAYOUT = Layout(
    "coco20i", "COCO 2014 pictures, class masks and lists", (FOLDER,), 0.8, _sizes, _items, _finish
)
