"""What COCO's annotation files say of one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.data.coco_categories import INDEX, THINGS
from painter_kit.data.layouts.coco_picture import PERSON, Region
from painter_kit.data.layouts.outlines import outlines
from painter_kit.data.skeletons import COCO_KEYPOINTS
from painter_kit.data.world.people import JOINTS
from painter_kit.types import Image

_UPSAMPLED = 3  # outlines are traced on masks enlarged so much, to run near the pixels' edges
_TOLERANCE = 0.5  # pixels by which a polygon may leave the outline
_PER_PICTURE = 100  # annotation ids of one picture


def panoptic_entry(
    image_id: int, regions: Sequence[Region], rng: np.random.Generator
) -> tuple[dict[str, Any], Image]:
    """The panoptic annotation of a picture and its PNG, whose colours are segment ids.

    Outlines between regions belong to none (void, black); areas and boxes are those of the PNG.
    """
    numbers = np.zeros(regions[0].mask.shape, np.int64)
    for number, region in enumerate(regions, start=1):
        numbers[region.mask] = number
    numbers[outlines(numbers)] = 0
    ids = np.concatenate([[0], rng.choice(2**24 - 1, len(regions), replace=False) + 1])
    info = []
    for number, region in enumerate(regions, start=1):
        mask = numbers == number
        if mask.any():
            info.append(
                {
                    "id": int(ids[number]),
                    "category_id": region.category,
                    "area": int(np.count_nonzero(mask)),
                    "bbox": _box(mask),
                    "iscrowd": int(region.crowd),
                }
            )
    name = f"{image_id:012d}.png"
    entry = {"image_id": image_id, "file_name": name, "segments_info": info}
    bytes_of_ids = [ids[numbers] >> shift & 255 for shift in (0, 8, 16)]
    return entry, np.stack(bytes_of_ids, axis=-1).astype(np.uint8)


def _box(mask: npt.NDArray[np.bool_]) -> list[int]:
    """x, y, width, height of the pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return [x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y]


def instance_entries(image_id: int, regions: Sequence[Region]) -> list[dict[str, Any]]:
    """The instance annotations of a picture: things, people with their keypoints.

    Crowds, and things with a hole, which a polygon cannot have, are run lengths.
    """
    things = [region for region in regions if INDEX[region.category] < THINGS]
    return [
        _instance(image_id, image_id * _PER_PICTURE + number, region)
        for number, region in enumerate(things, start=1)
    ]


def _instance(image_id: int, number: int, region: Region) -> dict[str, Any]:
    polygons = None if region.crowd else _polygons(region.mask)
    if polygons:
        segmentation, area, box = polygons, _polygon_area(polygons), _polygon_box(polygons)
    else:
        segmentation, area = _run_lengths(region.mask), int(np.count_nonzero(region.mask))
        box = _box(region.mask)
    entry = {
        "id": number,
        "image_id": image_id,
        "category_id": region.category,
        "segmentation": segmentation,
        "area": area,
        "bbox": box,
        "iscrowd": int(region.crowd),
    }
    if region.category == PERSON:
        entry |= _keypoints(region)
    return entry


def _keypoints(region: Region) -> dict[str, Any]:
    """x, y, visibility of the 17 keypoints; of a crowd none, of a person no eyes and ears."""
    named = {} if region.joints is None else dict(zip(JOINTS, region.joints, strict=True))
    points = [named.get(name, np.zeros(3)) for name in COCO_KEYPOINTS]
    flat = [round(float(value)) for point in points for value in point]
    return {"keypoints": flat, "num_keypoints": sum(v > 0 for v in flat[2::3])}


def _polygons(mask: npt.NDArray[np.bool_]) -> list[list[float]] | None:
    """The outlines of a mask, x and y in turn, pixel (0, 0) reaching from 0 to 1; None if it has
    a hole or is too thin to trace."""
    import cv2

    large = np.kron(mask, np.ones((_UPSAMPLED, _UPSAMPLED), np.uint8)).astype(np.uint8)
    contours, tree = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if any(parent >= 0 for *_, parent in tree[0]):
        return None
    found = []
    for contour in contours:
        traced = cv2.approxPolyDP(contour, _TOLERANCE * _UPSAMPLED, True)[:, 0]
        if len(traced) >= 3:
            found.append(np.round((traced + 0.5) / _UPSAMPLED, 2).ravel().tolist())
    return found or None


def _polygon_area(polygons: list[list[float]]) -> float:
    total = 0.0
    for polygon in polygons:
        x, y = np.array(polygon[::2]), np.array(polygon[1::2])
        total += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return round(total, 3)


def _polygon_box(polygons: list[list[float]]) -> list[float]:
    x = [value for polygon in polygons for value in polygon[::2]]
    y = [value for polygon in polygons for value in polygon[1::2]]
    return [min(x), min(y), round(max(x) - min(x), 2), round(max(y) - min(y), 2)]


def _run_lengths(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """COCO's uncompressed form: lengths of runs down the columns, the first of zeros."""
    flat = np.concatenate([[False], mask.ravel(order="F")])
    changes = np.flatnonzero(np.diff(flat))
    counts = np.diff(np.concatenate([[0], changes, [mask.size]]))
    return {"counts": counts.tolist(), "size": list(mask.shape)}
