"""ADE20K as the SceneParsing challenge packs it: JPEG pictures, PNG labels 0..150."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from painter_kit.data.layouts.base import Layout, LayoutOptions
from painter_kit.data.layouts.outlines import outlines
from painter_kit.data.layouts.pictures import draw_scene, write_picture
from painter_kit.data.prepare.base import Item
from painter_kit.data.world.scene import CLASSES, Scene
from painter_kit.types import Size

# The pictures that the released code prompts with come first.
_PROMPTS = (9574, 14165)
# Common sizes of the set: the shorter side is 512 or what the picture had, at least 256.
_SIZES = ((512, 683), (683, 512), (256, 256), (300, 400), (512, 512), (512, 768))
# What each class of the world is called in ADE20K: the number in the PNG.
ADE_NUMBERS = {
    "wall": 1,
    "floor": 4,
    "disc": 120,  # ball
    "square": 42,  # box
    "triangle": 115,  # tent
    "ring": 149,  # clock
    "star": 133,  # sculpture
    "cross": 140,  # fan
}
_OTHER = 0  # not labelled
_FOLDERS = {"train": "training", "test": "validation"}


def _names(split: str, count: int) -> list[str]:
    if split == "test":
        return [f"ADE_val_{number:08d}" for number in range(1, count + 1)]
    others = (number for number in range(1, count + 3) if number not in _PROMPTS)
    return [f"ADE_train_{number:08d}" for number in (*_PROMPTS, *others)][:count]


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.pick(_SIZES, i) for _ in _FOLDERS for i in range(options.count)]


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    items = []
    for split, folder in _FOLDERS.items():
        for index, name in enumerate(_names(split, options.count)):
            image = root / "ade20k" / "images" / folder / f"{name}.jpg"
            labels = root / "ade20k" / "annotations" / folder / f"{name}.png"
            outputs = image, labels
            items.append(Item(outputs, partial(_write, outputs, options, split, index)))
    return items


def _write(outputs: Sequence[Path], options: LayoutOptions, split: str, index: int) -> None:
    scene = draw_scene(options, split, index, options.pick(_SIZES, index))
    write_picture(outputs[0], scene.image)
    write_picture(outputs[1], annotation(scene))


def annotation(scene: Scene) -> npt.NDArray[np.uint8]:
    """uint8 (H, W): the numbers of ADE20K; 0 on outlines, which nobody labelled."""
    numbers = np.array([ADE_NUMBERS.get(name, _OTHER) for name in CLASSES], np.uint8)
    return np.where(outlines(scene.ids), np.uint8(_OTHER), numbers[scene.labels])


LAYOUT = Layout(
    name="ade20k",
    text="SceneParsing: images and annotations of training and validation",
    owns=("ade20k",),
    bytes_per_pixel=0.5,
    sizes=_sizes,
    items=_items,
)
