"""COCO 2017: pictures, panoptic, instance and keypoint annotations, and person detections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.coco_categories import IDS, NAMES, THINGS
from painter_kit.data.coco_people import detections_file
from painter_kit.data.layouts.base import Layout, LayoutOptions, parts_folder
from painter_kit.data.layouts.coco_detections import detections
from painter_kit.data.layouts.coco_entries import instance_entries, panoptic_entry
from painter_kit.data.layouts.coco_picture import PERSON, SIZES, compose
from painter_kit.data.layouts.pictures import write_picture
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import Item
from painter_kit.data.skeletons import COCO_KEYPOINTS
from painter_kit.data.world.keys import generator
from painter_kit.files import write_text
from painter_kit.tasks.colors import COCO_BASE, grid_palette
from painter_kit.types import Image, Size

# The pictures that the released code prompts with come first.
_PROMPTS = (391460, 165, 466730)
_SPLITS = {"train": "train2017", "test": "val2017"}
_GREY = 7  # every so many pictures one is grey, as some of COCO are
# Pairs of keypoints that a limb joins, counted from 1.
_SKELETON = (
    *([16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9]),
    *([8, 10], [9, 11], [2, 3], [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7]),
)


def _image_ids(split: str, count: int) -> list[int]:
    if split == "test":
        return list(range(285, 285 + 16 * count, 16))
    return [*_PROMPTS, *range(9, 9 + 16 * count, 16)][:count]


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.pick(SIZES, i) for _ in _SPLITS for i in range(options.count)]


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    items = []
    for split in _SPLITS:
        for index, image_id in enumerate(_image_ids(split, options.count)):
            outputs = _outputs(root, split, image_id)
            items.append(Item(outputs, partial(_write, outputs, options, split, index, image_id)))
    return items


def _outputs(root: Path, split: str, image_id: int) -> tuple[Path, Path, Path]:
    """Picture, panoptic PNG, and the part that says what is annotated."""
    name, year = f"{image_id:012d}", _SPLITS[split]
    return (
        root / "coco" / year / f"{name}.jpg",
        root / "coco" / "annotations" / f"panoptic_{year}" / f"{name}.png",
        parts_folder(root, "coco") / year / f"{name}.json",
    )


def _write(
    outputs: Sequence[Path], options: LayoutOptions, split: str, index: int, image_id: int
) -> None:
    image, regions = compose(options, split, index)
    write_picture(outputs[0], _grey(image) if index % _GREY == _GREY - 1 else image)
    rng = generator(options.seed, split, index, "segment ids")
    panoptic, png = panoptic_entry(image_id, regions, rng)
    write_png(outputs[1], png)
    part = {
        "image": {
            "id": image_id,
            "file_name": outputs[0].name,
            "height": image.shape[0],
            "width": image.shape[1],
            "license": 1,
        },
        "panoptic": panoptic,
        "instances": instance_entries(image_id, regions),
    }
    write_text(outputs[2], json.dumps(part))


def _grey(image: Image) -> Image:
    return (image @ np.array([0.299, 0.587, 0.114]) + 0.5).astype(np.uint8)


def _finish(root: Path, options: LayoutOptions) -> None:
    for split, year in _SPLITS.items():
        parts = list(_parts(root, options, split))
        images = [part["image"] for part in parts]
        objects = [entry for part in parts for entry in part["instances"]]
        plain = [{k: v for k, v in o.items() if "keypoints" not in k} for o in objects]
        people = [entry for entry in objects if entry["category_id"] == PERSON]
        files = {
            "panoptic": ([part["panoptic"] for part in parts], panoptic_categories()),
            "instances": (plain, instance_categories()),
            "person_keypoints": (people, keypoint_categories()),
        }
        for kind, (entries, categories) in files.items():
            path = root / "coco" / "annotations" / f"{kind}_{year}.json"
            write_text(path, _annotation_file(images, entries, categories))
    found = [
        box
        for part in _parts(root, options, "test")
        for box in detections(
            part["image"], [o for o in part["instances"] if "keypoints" in o], options.seed
        )
    ]
    write_text(detections_file(root), json.dumps(found))


def _parts(root: Path, options: LayoutOptions, split: str) -> Iterator[dict[str, Any]]:
    for image_id in _image_ids(split, options.count):
        path = _outputs(root, split, image_id)[2]
        yield json.loads(path.read_text(encoding="utf-8"))


def _annotation_file(
    images: Sequence[Any], entries: Sequence[Any], categories: Sequence[Any]
) -> str:
    about = {"description": "procedural pictures in the layout of COCO 2017", "year": 2017}
    content = {
        "info": about,
        "licenses": [{"id": 1, "name": "procedural", "url": ""}],
        "images": images,
        "annotations": entries,
        "categories": categories,
    }
    return json.dumps(content)


def panoptic_categories() -> list[dict[str, Any]]:
    """The 133 categories of the panoptic files."""
    colors = grid_palette(len(IDS), COCO_BASE)
    return [
        {
            "id": number,
            "name": name,
            "supercategory": "thing" if index < THINGS else "stuff",
            "isthing": int(index < THINGS),
            "color": list(color),
        }
        for index, (number, name, color) in enumerate(zip(IDS, NAMES, colors, strict=True))
    ]


def instance_categories() -> list[dict[str, Any]]:
    """The 80 categories of the instance files."""
    pairs = zip(IDS[:THINGS], NAMES[:THINGS], strict=True)
    return [{"id": number, "name": name, "supercategory": "thing"} for number, name in pairs]


def keypoint_categories() -> list[dict[str, Any]]:
    """The one category of the keypoint files."""
    person = {"id": PERSON, "name": "person", "supercategory": "thing"}
    return [{**person, "keypoints": list(COCO_KEYPOINTS), "skeleton": [list(s) for s in _SKELETON]}]


LAYOUT = Layout(
    name="coco",
    text="train2017 and val2017 with panoptic, instance and keypoint annotations",
    owns=("coco", "coco_pose"),
    bytes_per_pixel=0.5,
    sizes=_sizes,
    items=_items,
    finish=_finish,
)
