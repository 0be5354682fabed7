"""A plain folder of pairs of one task and split, as ``--data folder:DIR`` reads it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.layouts.base import Layout, LayoutOptions
from painter_kit.data.pictures import write_depth, write_png
from painter_kit.data.prepare.base import Item
from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.data.world.dataset import SUBSETS, WorldExamples
from painter_kit.data.world.specs import CANVAS, SEEN_CLASSES
from painter_kit.data.world.truth import SCENE_TASKS
from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.types import Size, Truth

TASKS = (*SCENE_TASKS, *RESTORATION_TASKS)


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.size or (CANVAS, CANVAS)] * options.count


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    if options.task not in TASKS:
        raise InputError(
            f"--task {options.task} cannot be written as a folder; choose {', '.join(TASKS)}"
        )
    if options.split not in SUBSETS:
        raise InputError(f"--split must be one of {', '.join(SUBSETS)} but got {options.split!r}")
    items = []
    for index in range(options.count):
        name = f"{options.split}_{index:06d}.png"
        outputs = root / "images" / name, root / "targets" / name
        items.append(Item(outputs, partial(_write, outputs, options, index)))
    return items


def _write(outputs: Sequence[Path], options: LayoutOptions, index: int) -> None:
    size = options.size or (CANVAS, CANVAS)
    examples = WorldExamples(
        options.task, options.split, "world", options.count, size, options.seed
    )
    example = examples[index]
    write_png(outputs[0], example.image)
    _write_target(outputs[1], example.truth)


def _write_target(path: Path, truth: Truth) -> None:
    if "depth_m" in truth:
        write_depth(path, truth["depth_m"])
    elif "masks" in truth:
        numbers = np.arange(1, len(truth["masks"]) + 1, dtype=np.uint16)
        write_png(path, (truth["masks"] * numbers[:, None, None]).sum(axis=0, dtype=np.uint16))
    else:
        write_png(path, *truth.values())  # labels, mask or clean: a picture as it is


def _finish(root: Path, options: LayoutOptions) -> None:
    if options.task.endswith("semantic"):
        write_text(root / "classes.txt", "".join(f"{name}\n" for name in SEEN_CLASSES))


LAYOUT = Layout(
    name="folder",
    text="images and targets of one task and split",
    owns=("images", "targets", "classes.txt"),
    bytes_per_pixel=6.0,
    sizes=_sizes,
    items=_items,
    finish=_finish,
)
