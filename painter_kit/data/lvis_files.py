"""The official files of LVIS: annotations of COCO's pictures with over a thousand categories.

An annotation file is parsed once per process and reduced while it is parsed: that of training is
over a gigabyte.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from painter_kit.data.coco_files import Outline, of_type, parse_json
from painter_kit.data.lvis_classes import kind_of, known_name
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Size

TRAIN, VAL = "train", "val"
VERSIONS = ("v1", "v0.5")
FORM = "LVIS"
ADVICE = "unpack lvis_v1_train.json.zip and lvis_v1_val.json.zip into lvis/annotations/"
_FOLDERS = ("train2017", "val2017")


class Listed(NamedTuple):
    """An entry of ``images``: ``folder`` is the part of COCO that the picture is of."""

    image_id: int
    folder: str
    size: Size

    @property
    def stem(self) -> str:
        """Name of the picture without suffix, COCO's."""
        return f"{self.image_id:012d}"


class Category(NamedTuple):
    """A category: its id, name, frequency (``r``, ``c`` or ``f``) and kind (``KINDS``).

    ``known`` is COCO's name of it, else its own without what follows a name in brackets.
    """

    image_id: int  # the category's id: what lists are sorted by
    name: str
    frequency: str
    kind: int
    known: str = ""


class Annotated(NamedTuple):
    """A picture with its objects; ``kinds`` are those of their categories."""

    listed: Listed
    outlines: tuple[Outline, ...]
    kinds: tuple[int, ...]


class LvisFile(NamedTuple):
    """What an annotation file holds."""

    pictures: tuple[Annotated, ...]
    categories: tuple[Category, ...]


def annotation_file(root: Path, part: str, version: str) -> Path:
    """The annotations of ``train`` or ``val``; where they belong if they are nowhere."""
    name = f"lvis_{version}_{part}.json"
    places = [root / "lvis" / "annotations" / name, root / "lvis" / name]
    return next((path for path in places if path.is_file()), places[0])


def picture_file(root: Path, listed: Listed) -> Path:
    """The picture, below ``coco/`` or ``lvis/``; where it belongs if it is in neither: ``lvis/``
    where that has a folder of such pictures, else ``coco/``."""
    coco, own = (root / top / listed.folder / f"{listed.stem}.jpg" for top in ("coco", "lvis"))
    return own if own.parent.is_dir() and not coco.is_file() else coco


def read_lvis(path: Path) -> LvisFile:
    """The pictures of an annotation file in order of their ids, with objects or without.

    Raises ``InputError`` naming the file when it is missing or is no such file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise MissingError(f"{path} does not exist; {ADVICE}") from error
    return _read(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=4)
def _read(path: Path, stamp: tuple[int, int]) -> LvisFile:
    content = parse_json(path, _kept, FORM)
    categories = of_type(path, content.get("categories"), Category, FORM)
    kinds = {category.image_id: category.kind for category in categories}
    outlines: dict[int, list[Outline]] = {}
    for outline in of_type(path, content["annotations"], Outline, FORM):
        if outline.category not in kinds:
            raise InputError(f"{path} annotates the category {outline.category} but has none such")
        outlines.setdefault(outline.image_id, []).append(outline)
    listed = of_type(path, content.get("images"), Listed, FORM)
    alone = sorted(set(outlines) - {entry.image_id for entry in listed})
    if alone:
        raise InputError(f"{path} annotates the image {alone[0]} but does not list it")
    pictures = tuple(_annotated(entry, outlines.get(entry.image_id, []), kinds) for entry in listed)
    return LvisFile(pictures, categories)


def _annotated(entry: Listed, outlines: list[Outline], kinds: dict[int, int]) -> Annotated:
    return Annotated(entry, tuple(outlines), tuple(kinds[o.category] for o in outlines))


def _kept(value: dict[str, Any]) -> Any:
    """JSON objects of an annotation file, innermost first, as what is kept of them."""
    if "segmentation" in value:
        shape = [np.array(polygon, np.float64) for polygon in value["segmentation"]]
        area = float(value["area"])
        return Outline(int(value["image_id"]), int(value["category_id"]), False, area, shape)
    if "synset" in value:
        frequency = str(value.get("frequency", ""))
        kind, known = kind_of(value), known_name(value)
        return Category(int(value["id"]), str(value["name"]), frequency, kind, known)
    if "coco_url" in value:
        folder = PurePosixPath(str(value["coco_url"])).parent.name
        if folder not in _FOLDERS:
            raise ValueError(f"coco_url {value['coco_url']} is in none of {', '.join(_FOLDERS)}")
        return Listed(int(value["id"]), folder, (int(value["height"]), int(value["width"])))
    return value if "annotations" in value else None
