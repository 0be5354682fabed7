"""Quadrupeds of the world as AP-10K and as Animal-Pose, in COCO's form of annotations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.animal_skeletons import SHARED
from painter_kit.data.layouts.base import Layout, LayoutOptions, parts_folder
from painter_kit.data.layouts.pictures import draw_scene, write_picture
from painter_kit.data.prepare.base import Item
from painter_kit.data.world.animals import JOINTS, animal_joints
from painter_kit.data.world.figures import quadruped_bones
from painter_kit.data.world.keys import generator
from painter_kit.data.world.people import Person, Placed, draw_people
from painter_kit.files import write_text
from painter_kit.types import Image, Size

SIZES: tuple[Size, ...] = ((480, 640), (427, 640), (600, 800), (500, 333))
_LEAST = 64  # pixels of an animal that is annotated
_LEGS = {"elbow": "top", "knee": "middle", "paw": "paw"}
# What the world's joints are called by Animal-Pose; eyes and ears are not drawn.
ANIMALPOSE_JOINTS = {
    **{"nose": "nose", "throat": "neck", "withers": "withers", "tail_base": "tail_base"},
    **{
        f"{side}_{end}_{joint}": f"{side}_{end}_{drawn}"
        for side in ("left", "right")
        for end in ("front", "back")
        for joint, drawn in _LEGS.items()
    },
}
AP10K_JOINTS = {
    "neck": "neck",
    **{SHARED[name]: drawn for name, drawn in ANIMALPOSE_JOINTS.items() if name in SHARED},
}


@dataclass(frozen=True)
class Herds:
    """How quadrupeds are written: to which annotation file each part belongs, and in which words.

    ``files``: part -> (split of the world, annotation files). ``names`` are the file's names of
    keypoints, ``joints`` what of them is drawn, by the name used here in the order of ``order``.
    ``categories`` has one entry per category id, 1 first.
    """

    name: str
    pictures: str
    suffix: str
    files: Mapping[str, tuple[str, tuple[str, ...]]]
    names: tuple[str, ...]
    order: tuple[str, ...]
    joints: Mapping[str, str]
    categories: tuple[str, ...]
    backgrounds: int = 0

    def stem(self, number: int) -> str:
        """Name of a picture without suffix."""
        return f"{number:012d}" if self.suffix == ".jpg" else f"an{number}"

    def picture(self, root: Path, number: int) -> Path:
        """File of a picture."""
        return root / self.name / self.pictures / f"{self.stem(number)}{self.suffix}"

    def layout(self, text: str) -> Layout:
        """The layout that writes them."""
        return Layout(
            name=self.name,
            text=text,
            owns=(self.name,),
            bytes_per_pixel=0.4,
            sizes=partial(_sizes, self),
            items=partial(_items, self),
            finish=partial(_finish, self),
        )


def _sizes(herds: Herds, options: LayoutOptions) -> list[Size]:
    return [options.pick(SIZES, i) for _ in herds.files for i in range(options.count)]


def _numbers(herds: Herds, part: str, count: int) -> list[int]:
    """Ids of the pictures of a part: no two parts share one."""
    place = list(herds.files).index(part)
    return [1 + place + len(herds.files) * index for index in range(count)]


def _items(herds: Herds, root: Path, options: LayoutOptions) -> list[Item]:
    items = []
    for part, (split, _) in herds.files.items():
        for index, number in enumerate(_numbers(herds, part, options.count)):
            outputs = herds.picture(root, number), _part_file(herds, root, number)
            scene = 10_000 * list(herds.files).index(part) + index
            make = partial(_write, herds, outputs, options, split, (scene, index, number))
            items.append(Item(outputs, make))
    return items


def _part_file(herds: Herds, root: Path, number: int) -> Path:
    return parts_folder(root, herds.name) / f"{number}.json"


def _write(
    herds: Herds,
    outputs: Sequence[Path],
    options: LayoutOptions,
    split: str,
    numbers: tuple[int, int, int],
) -> None:
    scene, index, number = numbers
    image, animals = compose(options, split, scene, options.pick(SIZES, index))
    write_picture(outputs[0], image)
    height, width = image.shape[:2]
    name = outputs[0].relative_to(outputs[0].parents[len(Path(herds.pictures).parts)])
    if herds.backgrounds:
        name = Path(outputs[0].name)
    entry = {"id": number, "file_name": name.as_posix(), "height": height, "width": width}
    if herds.backgrounds:
        entry |= {"license": 1, "background": 1 + index % herds.backgrounds}
    kind = 1 + index % len(herds.categories)
    rows = [_annotation(herds, number, i, a, kind) for i, a in enumerate(animals)]
    write_text(outputs[1], json.dumps({"image": entry, "annotations": rows}))


def compose(
    options: LayoutOptions, split: str, index: int, size: Size
) -> tuple[Image, list[Person]]:
    """A scene of the world with one to three quadrupeds, and what is seen of those that are not
    all hidden."""
    scene = draw_scene(options, split, index, size)
    rng = generator(options.seed, split, index, "animals")
    scales = np.sort(rng.uniform(0.45, 1.0, int(rng.integers(1, 4))))
    reach = 0.3 * size[1] / size[0]
    places = [
        Placed(float(rng.uniform(-reach, reach)), float(rng.uniform(0.4, 0.65)), float(scale))
        for scale in scales
    ]
    image, animals = draw_people(rng, scene.image, places, quadruped_bones, animal_joints)
    return image, [a for a in animals if np.count_nonzero(a.mask) >= _LEAST]


def _annotation(
    herds: Herds, number: int, place: int, animal: Person, category: int
) -> dict[str, Any]:
    drawn = dict(zip(JOINTS, animal.joints.tolist(), strict=True))
    hidden = [0.0, 0.0, 0.0]
    points = [drawn[herds.joints[n]] if n in herds.joints else hidden for n in herds.order]
    rows, columns = (np.flatnonzero(animal.mask.any(axis=axis)) for axis in (1, 0))
    x, y = int(columns[0]), int(rows[0])
    box = [x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y]
    return {
        "id": 10 * number + place,
        "image_id": number,
        "category_id": category,
        "bbox": box,
        "area": box[2] * box[3],
        "iscrowd": 0,
        "num_keypoints": sum(v > 0 for _, _, v in points),
        "keypoints": [round(value, 1) for point in points for value in point],
    }


def _finish(herds: Herds, root: Path, options: LayoutOptions) -> None:
    categories = [
        {"id": i, "name": name, "supercategory": "animal", "keypoints": list(herds.names)}
        for i, name in enumerate(herds.categories, start=1)
    ]
    written: dict[str, list[dict[str, Any]]] = {}
    for part, (_, files) in herds.files.items():
        for number in _numbers(herds, part, options.count):
            text = _part_file(herds, root, number).read_text(encoding="utf-8")
            for file in files:
                written.setdefault(file, []).append(json.loads(text))
    for file, parts in written.items():
        content = {
            "info": {"description": f"procedural quadrupeds in the layout of {herds.name}"},
            "licenses": [{"id": 1, "name": "procedural", "url": ""}],
            "images": [part["image"] for part in parts],
            "annotations": [row for part in parts for row in part["annotations"]],
            "categories": categories,
        }
        write_text(root / herds.name / file, json.dumps(content))
