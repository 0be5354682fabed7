"""A plain folder of pairs of one task and split, as ``--data folder:DIR`` reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.folder_people import FILE
from painter_kit.data.layouts.base import Layout, LayoutOptions, parts_folder
from painter_kit.data.pictures import write_depth, write_png
from painter_kit.data.prepare.base import Item
from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.data.world.dataset import SUBSETS, WorldExamples
from painter_kit.data.world.figures import SKELETONS
from painter_kit.data.world.specs import CANVAS, SEEN_CLASSES
from painter_kit.data.world.truth import SCENE_TASKS
from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.types import Size, Truth

TASKS = (*SCENE_TASKS, "keypoint", *RESTORATION_TASKS)


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
        if options.task == "keypoint":
            outputs = outputs[0], _part(root, name)
        items.append(Item(outputs, partial(_write, outputs, options, index)))
    return items


def _part(root: Path, name: str) -> Path:
    """What keypoints.json will say of one picture."""
    return parts_folder(root, "folder") / f"{name}.json"


def _write(outputs: Sequence[Path], options: LayoutOptions, index: int) -> None:
    size = options.size or (CANVAS, CANVAS)
    examples = WorldExamples(
        options.task, options.split, "world", options.count, size, options.seed
    )
    example = examples[index]
    write_png(outputs[0], example.image)
    if options.task == "keypoint":
        write_text(outputs[1], json.dumps(_annotation(index + 1, example.truth)))
    else:
        _write_target(outputs[1], example.truth)


def _annotation(number: int, truth: Truth) -> dict[str, Any]:
    """The figure of one picture, both of this number, as COCO writes it."""
    keypoints = np.round(truth["keypoints"].astype(np.float64), 3)
    return {
        "id": number,
        "image_id": number,
        "category_id": 1,
        "keypoints": keypoints.ravel().tolist(),
        "num_keypoints": int(np.count_nonzero(keypoints[:, 2] > 0)),
        "bbox": np.round(truth["box"].astype(np.float64), 3).tolist(),
        "area": float(truth["area"]),
        "iscrowd": 0,
    }


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
    if options.task == "keypoint":
        names = [item.outputs[0].name for item in _items(root, options)]
        width, height = (options.size or (CANVAS, CANVAS))[::-1]
        images = [
            {"id": number, "file_name": name, "width": width, "height": height}
            for number, name in enumerate(names, start=1)
        ]
        figure = {"id": 1, "name": "figure", "keypoints": list(SKELETONS["person"])}
        annotations = [json.loads(_part(root, name).read_text(encoding="utf-8")) for name in names]
        content = {"images": images, "annotations": annotations, "categories": [figure]}
        write_text(root / FILE, json.dumps(content))


LAYOUT = Layout(
    name="folder",
    text="images and targets of one task and split",
    owns=("images", "targets", "classes.txt", FILE),
    bytes_per_pixel=6.0,
    sizes=_sizes,
    items=_items,
    finish=_finish,
)
