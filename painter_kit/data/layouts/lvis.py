"""LVIS v1: scenes of the world in COCO's folders, annotated with categories old and new."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from painter_kit.data.layouts.base import Layout, LayoutOptions, parts_folder
from painter_kit.data.layouts.coco_entries import instance_entries
from painter_kit.data.layouts.coco_picture import CATEGORIES, PERSON, SIZES, compose
from painter_kit.data.layouts.pictures import write_picture
from painter_kit.data.prepare.base import Item
from painter_kit.files import write_text
from painter_kit.types import Size


class Named(NamedTuple):
    """A category of LVIS as its files name it."""

    synset: str
    name: str
    frequency: str = "f"


# Of the world's shapes, by COCO's id: some that COCO has, and some that it has not.
_OF = {
    CATEGORIES["disc"]: Named("ball.n.06", "ball"),
    CATEGORIES["square"]: Named("television_receiver.n.01", "television_set"),
    CATEGORIES["triangle"]: Named("pizza.n.01", "pizza"),
    CATEGORIES["ring"]: Named("curtain.n.01", "curtain"),
    CATEGORIES["star"]: Named("starfish.n.01", "starfish", "r"),
    CATEGORIES["cross"]: Named("crucifix.n.01", "crucifix", "r"),
    PERSON: Named("person.n.01", "person"),
}
_IDS = {coco: number for number, coco in enumerate(_OF, start=1)}
# part -> (split of the world, first image id); of the validation pictures every fourth is one
# of train2017; of the real ones three in four are.
_PARTS = {"train": ("train", 30), "val": ("test", 100_000)}
_BORROWED = 4


def _sizes(options: LayoutOptions) -> list[Size]:
    return [options.pick(SIZES, i) for _ in _PARTS for i in range(options.count)]


def _year(part: str, index: int) -> str:
    borrowed = index % _BORROWED == _BORROWED - 1
    return "train2017" if part == "train" or borrowed else "val2017"


def _outputs(root: Path, part: str, index: int) -> tuple[Path, Path]:
    """The picture, and the part that says what is annotated."""
    name = f"{_PARTS[part][1] + index:012d}"
    picture = root / "lvis" / _year(part, index) / f"{name}.jpg"
    return picture, parts_folder(root, "lvis") / f"{name}.json"


def _items(root: Path, options: LayoutOptions) -> list[Item]:
    items = []
    for part in _PARTS:
        for index in range(options.count):
            outputs = _outputs(root, part, index)
            items.append(Item(outputs, partial(_write, outputs, options, part, index)))
    return items


def _write(outputs: Sequence[Path], options: LayoutOptions, part: str, index: int) -> None:
    split, first = _PARTS[part]
    image, regions = compose(options, split, index)
    write_picture(outputs[0], image)
    number = first + index
    things = [r for r in regions if not r.crowd and r.category in _OF]
    rows = [_annotation(entry) for entry in instance_entries(number, things)]
    rows = [row for row in rows if isinstance(row["segmentation"], list)]  # LVIS: polygons alone
    present = {row["category_id"] for row in rows}
    entry = {
        "id": number,
        "height": image.shape[0],
        "width": image.shape[1],
        "license": 1,
        "coco_url": f"http://images.cocodataset.org/{_year(part, index)}/{number:012d}.jpg",
        "neg_category_ids": [i for i in _IDS.values() if i not in present][:2],
        "not_exhaustive_category_ids": sorted(present)[:1] if index % 2 else [],
    }
    write_text(outputs[1], json.dumps({"image": entry, "annotations": rows}))


def _annotation(entry: dict[str, Any]) -> dict[str, Any]:
    kept = {key: entry[key] for key in ("id", "image_id", "segmentation", "area", "bbox")}
    return {**kept, "category_id": _IDS[entry["category_id"]]}


def _finish(root: Path, options: LayoutOptions) -> None:
    for part in _PARTS:
        texts = [
            _outputs(root, part, index)[1].read_text(encoding="utf-8")
            for index in range(options.count)
        ]
        parts = [json.loads(text) for text in texts]
        content = {
            "info": {"description": "procedural pictures in the layout of LVIS v1"},
            "licenses": [{"id": 1, "name": "procedural", "url": ""}],
            "images": [p["image"] for p in parts],
            "annotations": [row for p in parts for row in p["annotations"]],
            "categories": categories(),
        }
        path = root / "lvis" / "annotations" / f"lvis_v1_{part}.json"
        write_text(path, json.dumps(content))


def categories() -> list[dict[str, Any]]:
    """The categories that the world's things are annotated with."""
    return [
        {
            "id": _IDS[coco],
            "name": named.name,
            "synset": named.synset,
            "synonyms": [named.name],
            "def": "",
            "frequency": named.frequency,
        }
        for coco, named in _OF.items()
    ]


LAYOUT = Layout(
    name="lvis",
    text="pictures of COCO's folders with annotations of LVIS v1",
    owns=("lvis",),
    bytes_per_pixel=0.5,
    sizes=_sizes,
    items=_items,
    finish=_finish,
)
