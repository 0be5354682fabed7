"""The official files of COCO's keypoints: persons as annotated, and persons as detected.

Annotations and pictures are looked for in ``coco/`` and, where these are not there, in
``coco_pose/``; the detections are in ``coco_pose/person_detection_results/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data.coco_files import Photograph, file_stamp, of_type, parse_json, photograph
from painter_kit.data.crops import Box
from painter_kit.data.skeletons import COCO_KEYPOINTS
from painter_kit.documents import read_json
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Size

POSE = "coco_pose"
PERSON = 1  # the category of persons
_FAR = 1e6  # pixels, beyond any picture's
_DETECTIONS = "COCO_val2017_detections_AP_H_56_person.json"


class Person(NamedTuple):
    """An annotated person: ``box`` and ``area`` as annotated, ``keypoints`` float64 (K, 3)."""

    image_id: int
    box: Box
    area: float
    crowd: bool
    labelled: int
    keypoints: npt.NDArray[np.float64]


def are_places(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether all numbers can be pixels of a picture, or near one; NaN cannot."""
    return bool((np.abs(numbers) < _FAR).all())


class Peopled(NamedTuple):
    """A picture of a keypoint file with its persons, in the order of the file."""

    image_id: int
    stem: str
    size: Size
    persons: tuple[Person, ...]


class Boxed(NamedTuple):
    """A box to crop: its number in the names of files, and its score."""

    number: int
    box: Box
    score: float


def people_file(root: Path, split: str) -> Path:
    """The keypoint annotations of a split; where they belong if they are in neither folder."""
    name = f"person_keypoints_{split}.json"
    places = [root / folder / "annotations" / name for folder in ("coco", POSE)]
    return next((path for path in places if path.is_file()), places[0])


def picture_folder(root: Path, split: str, pictures: Sequence[Peopled]) -> Path:
    """The folder that holds the first of the pictures; where it belongs if there is none."""
    places = [root / folder / split for folder in ("coco", POSE)]
    first = f"{pictures[0].stem}.jpg" if pictures else ""
    return next((place for place in places if first and (place / first).is_file()), places[0])


def detections_file(root: Path) -> Path:
    """The persons detected in val2017 that published results start from."""
    return root / POSE / "person_detection_results" / _DETECTIONS


def read_people(path: Path) -> tuple[Peopled, ...]:
    """The pictures of ``person_keypoints_SPLIT.json`` in order of their ids, persons or not.

    Parsed once per process. Raises ``InputError`` naming the file when it is missing or is no
    such file.
    """
    return _people(path, file_stamp(path))


@lru_cache(maxsize=4)
def _people(path: Path, stamp: tuple[int, int]) -> tuple[Peopled, ...]:
    content = parse_json(path, _kept)
    persons: dict[int, list[Person]] = {}
    for person in of_type(path, content["annotations"], Person):
        persons.setdefault(person.image_id, []).append(person)
    pictures = of_type(path, content.get("images"), Photograph)
    return tuple(
        Peopled(p.image_id, p.stem, p.size, tuple(persons.get(p.image_id, ()))) for p in pictures
    )


def _kept(value: dict[str, Any]) -> Any:
    """JSON objects of a keypoint file, innermost first, as what is kept of them."""
    if "bbox" in value:
        x, y, width, height = (float(side) for side in value["bbox"])
        keypoints = np.array(value["keypoints"], np.float64).reshape(len(COCO_KEYPOINTS), 3)
        if not are_places(keypoints):
            raise ValueError("keypoints must be numbers in or near the picture")
        labelled = int(value.get("num_keypoints", np.count_nonzero(keypoints[:, 2] > 0)))
        box, crowd = (x, y, width, height), bool(value.get("iscrowd", 0))
        return Person(int(value["image_id"]), box, float(value["area"]), crowd, labelled, keypoints)
    if "file_name" in value:
        return photograph(value)
    return value if "annotations" in value else None


def true_boxes(picture: Peopled) -> list[tuple[Person, Boxed]]:
    """The persons to crop by their annotated boxes, numbered from 0 in each picture.

    Boxes are cut at the picture's last pixel; left out are crowds, persons without a labelled
    keypoint, and boxes without an area (released code).
    """
    height, width = picture.size
    found: list[tuple[Person, Boxed]] = []
    for person in picture.persons:
        x, y = max(0.0, person.box[0]), max(0.0, person.box[1])
        right = min(width - 1, x + max(0.0, person.box[2]))
        lower = min(height - 1, y + max(0.0, person.box[3]))
        seen = person.labelled > 0 and bool((person.keypoints[:, 2] > 0).any())
        if seen and not person.crowd and person.area > 0 and right > x and lower > y:
            found.append((person, Boxed(len(found), (x, y, right - x, lower - y), 1.0)))
    return found


def read_detections(path: Path) -> dict[int, tuple[Boxed, ...]]:
    """The detected persons of each picture by its id, numbered through the whole file.

    Those of category 1 with a score of at least 0. Raises ``InputError`` naming the file when it
    is missing or is no list of detections.
    """
    try:
        return _detections(path, file_stamp(path))
    except InputError:
        if path.is_file():
            raise
    raise MissingError(
        f"{path} does not exist; put the released person detections there, or use "
        "--data coco:gt-boxes, which crops by the annotated boxes (not comparable)"
    )


@lru_cache(maxsize=2)
def _detections(path: Path, stamp: tuple[int, int]) -> dict[int, tuple[Boxed, ...]]:
    found: dict[int, list[Boxed]] = {}
    try:
        content = read_json(path)
        persons = [d for d in content if d["category_id"] == PERSON and d["score"] >= 0]
        for number, detection in enumerate(persons):
            x, y, width, height = (float(side) for side in detection["bbox"])
            boxed = Boxed(number, (x, y, width, height), float(detection["score"]))
            found.setdefault(int(detection["image_id"]), []).append(boxed)
    except (OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise InputError(f"{path} is no list of detections ({error}); get it anew") from error
    return {image: tuple(boxes) for image, boxes in found.items()}
