"""The official files of COCO 2017: where they are, and what their annotations say.

An annotation file is parsed once per process. The large ones (400 MB for panoptic train2017) are
reduced while they are parsed, so that only what truth is made of stays in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data.coco_categories import INDEX, THINGS
from painter_kit.data.drawn import draw
from painter_kit.data.pictures import read_image
from painter_kit.documents import read_json
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Size

TRAIN, VAL = "train2017", "val2017"
SPLITS = (TRAIN, VAL)
FORM = "COCO 2017"
SEMSEG = "panoptic_semseg_val2017"

# One segment: id in the PNG, class index, crowd, and whether it is painted as an instance: a
# thing, no crowd, with an area and a box of at least one pixel a side (released code).
SEGMENT = np.dtype([("id", "<i4"), ("category", "u1"), ("crowd", "?"), ("instance", "?")])


class Segmented(NamedTuple):
    """A picture of a panoptic file: its name without suffix and its ``SEGMENT`` (N,)."""

    image_id: int
    stem: str
    size: Size
    segments: npt.NDArray[np.void]


class Outline(NamedTuple):
    """One object of an instances file: class index 0..79, ``area`` in pixels as annotated.

    ``shape`` is COCO's segmentation: polygons as float64 (2 n,) arrays, or run lengths.
    """

    image_id: int
    category: int
    crowd: bool
    area: float
    shape: Any


class Outlined(NamedTuple):
    """A picture of an instances file with its objects, in the order of the file."""

    image_id: int
    stem: str
    size: Size
    outlines: tuple[Outline, ...]


class Photograph(NamedTuple):
    """An entry of ``images`` in any of the files."""

    image_id: int
    stem: str
    size: Size


def coco_folder(root: Path | None) -> Path:
    """``root/coco``, the folder of pictures and annotations. Raises ``InputError`` without it."""
    if root is None:
        raise InputError("--data coco needs --data-root DIR, the folder that holds coco/")
    folder = root / "coco"
    if not folder.is_dir():
        raise MissingError(
            f"folder {folder} does not exist; unpack COCO 2017 there "
            "(train2017/, val2017/, annotations/)"
        )
    return folder


def panoptic_file(folder: Path, split: str) -> Path:
    """The panoptic annotations of a split."""
    return folder / "annotations" / f"panoptic_{split}.json"


def panoptic_pngs(folder: Path, split: str) -> Path:
    """The folder of the PNGs whose colours are segment ids."""
    return folder / "annotations" / f"panoptic_{split}"


def instances_file(folder: Path, split: str) -> Path:
    """The instance annotations of a split."""
    return folder / "annotations" / f"instances_{split}.json"


def read_panoptic(path: Path) -> tuple[Segmented, ...]:
    """The pictures of ``panoptic_SPLIT.json`` in order of their ids, segments or not.

    Raises ``InputError`` naming the file when it is missing or is no such file.
    """
    return _panoptic(path, file_stamp(path))


def read_instances(path: Path) -> tuple[Outlined, ...]:
    """The pictures of ``instances_SPLIT.json`` in order of their ids, with objects or without.

    Raises ``InputError`` naming the file when it is missing or is no such file.
    """
    return _instances(path, file_stamp(path))


def file_stamp(path: Path) -> tuple[int, int]:
    """What changes when the file does. Raises ``InputError`` when it is not there."""
    try:
        status = path.stat()
    except OSError as error:
        raise MissingError(
            f"{path} does not exist; unpack the annotations of COCO 2017 there"
        ) from error
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _panoptic(path: Path, stamp: tuple[int, int]) -> tuple[Segmented, ...]:
    content = parse_json(path, _segmented)
    sizes = {p.image_id: p.size for p in of_type(path, content.get("images"), Photograph)}
    found = of_type(path, content["annotations"], Segmented)
    alone = [p.stem for p in found if p.image_id not in sizes]
    if alone:
        raise InputError(f"{path} lists no picture {alone[0]} but annotates it; get it anew")
    return tuple(p._replace(size=sizes[p.image_id]) for p in found)


def _segmented(value: dict[str, Any]) -> Any:
    """JSON objects of a panoptic file, innermost first, as what is kept of them."""
    if "segments_info" in value:
        segments = np.array(value["segments_info"], SEGMENT)
        return Segmented(int(value["image_id"]), Path(value["file_name"]).stem, (0, 0), segments)
    if "file_name" in value:
        return photograph(value)
    if "category_id" in value:
        category, crowd = INDEX[value["category_id"]], bool(value.get("iscrowd", 0))
        _, _, width, height = value["bbox"]
        solid = value["area"] > 0 and width >= 1 and height >= 1
        return value["id"], category, crowd, category < THINGS and not crowd and solid
    return value if "annotations" in value else None


@lru_cache(maxsize=4)
def _instances(path: Path, stamp: tuple[int, int]) -> tuple[Outlined, ...]:
    content = parse_json(path, _outlined)
    outlines: dict[int, list[Outline]] = {}
    for outline in of_type(path, content["annotations"], Outline):
        outlines.setdefault(outline.image_id, []).append(outline)
    pictures = of_type(path, content.get("images"), Photograph)
    return tuple(
        Outlined(p.image_id, p.stem, p.size, tuple(outlines.get(p.image_id, ()))) for p in pictures
    )


def _outlined(value: dict[str, Any]) -> Any:
    """JSON objects of an instances file, innermost first, as what is kept of them."""
    if "segmentation" in value:
        shape = value["segmentation"]
        if isinstance(shape, list):
            shape = [np.array(polygon, np.float64) for polygon in shape]
        crowd, area = bool(value.get("iscrowd", 0)), float(value["area"])
        return Outline(int(value["image_id"]), INDEX[value["category_id"]], crowd, area, shape)
    if "file_name" in value:
        return photograph(value)
    return value if "annotations" in value or "counts" in value else None


def photograph(value: dict[str, Any]) -> Photograph:
    """An entry of ``images``."""
    size = int(value["height"]), int(value["width"])
    return Photograph(int(value["id"]), Path(value["file_name"]).stem, size)


def parse_json(
    path: Path, keep: Callable[[dict[str, Any]], Any], form: str = FORM
) -> dict[str, Any]:
    """The content of an annotation file, every object of which becomes ``keep(object)`` as soon as
    it is read, innermost first. Raises ``InputError`` naming the file and the data set ``form``
    when that fails."""
    try:
        content = read_json(path, keep)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check it") from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path} is not as {form} has it ({reason}); get it anew") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not as {form} has it (no annotations); get it anew")
    return content


def of_type(path: Path, found: Any, kind: type[Any], form: str = FORM) -> tuple[Any, ...]:
    """The list ``found`` in order of the pictures. Raises ``InputError`` unless all of it is of
    this kind."""
    if not isinstance(found, list) or not all(isinstance(item, kind) for item in found):
        raise InputError(f"{path} is not as {form} has it ({kind.__name__}); get it anew")
    return tuple(sorted(found, key=lambda item: item.image_id))


def read_segments(path: Path, segments: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
    """int32 (H, W) of a panoptic PNG: i + 1 where segment i of ``SEGMENT`` (N,) is, 0 nowhere.

    A colour is the id R + 256 G + 65536 B. Raises ``InputError`` for an id that is not listed.
    """
    ids = read_image(path).astype(np.int32) @ np.array([1, 256, 65536], np.int32)
    known = np.concatenate([[0], segments["id"]]).astype(np.int32)
    order = np.argsort(known, kind="stable")
    places = np.minimum(np.searchsorted(known[order], ids), len(known) - 1)
    found = order[places].astype(np.int32)
    wrong = known[found] != ids
    if wrong.any():
        raise InputError(
            f"{path} holds segment {ids[wrong][0]} that its annotation does not list; "
            "PNGs and JSON must be of one release, get them anew"
        )
    return found


def outline_masks(outlines: Iterable[Outline], size: Size, picture: Path) -> npt.NDArray[np.bool_]:
    """bool (N, H, W): the pixels of each object, as pycocotools draws them.

    Raises ``InputError`` naming the ``picture`` that is annotated for what cannot be drawn.
    """
    try:
        masks = [draw(outline.shape, size) for outline in outlines]
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{picture}: the annotation of an object cannot be drawn ({error}); get the "
            "annotations anew"
        ) from error
    return np.array(masks, bool) if masks else np.zeros((0, *size), bool)
