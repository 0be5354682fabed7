"""``keypoints.json`` of ``--data folder:DIR``: persons or animals of pictures, as COCO writes them.

``images``: ``id`` and ``file_name``, a picture in ``DIR/images``; ``categories``: ``keypoints``,
the names; ``annotations``: ``image_id``, ``category_id``, ``keypoints`` (x, y and visibility of
each name in turn: 0 not labelled, 1 hidden, 2 visible), ``bbox`` (x, y, width, height; the whole
picture if left out) and ``area`` (of the box if left out), in pixels. Crowds (``iscrowd``) and
annotations without a labelled keypoint are passed over; the others are numbered in each picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from painter_kit.data.coco_people import Peopled, Person, are_places, true_boxes
from painter_kit.data.coco_pose import OnePerson
from painter_kit.data.pictures import picture_size
from painter_kit.documents import read_json
from painter_kit.errors import InputError

FILE = "keypoints.json"
_FORM = "expected images, annotations and categories as COCO has them"


class Annotated(NamedTuple):
    """The ``names`` of the keypoints and the ``persons``, each to be cropped by its box."""

    names: tuple[str, ...]
    persons: tuple[OnePerson, ...]


def read_annotated(folder: Path, group: Callable[[str], str]) -> Annotated:
    """What ``folder/keypoints.json`` says of the pictures in ``folder/images``.

    ``group`` gives the group of a picture's name. Raises ``InputError`` naming what is wrong.
    """
    path = folder / FILE
    try:
        content = read_json(path)
        names = _names(path, content)
        pictures = _pictures(path, content, len(names))
    except OSError as error:
        raise InputError(f"{path} cannot be read; write it as COCO does") from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise InputError(f"{path}: {reason}; {_FORM}") from error
    persons = tuple(
        OnePerson(image, picture, person, boxed, group(picture.stem))
        for image, picture in pictures
        for person, boxed in true_boxes(picture)
    )
    if not persons:
        raise InputError(f"{path} holds nobody with a labelled keypoint; add annotations")
    return Annotated(names, persons)


def _names(path: Path, content: Mapping[str, Any]) -> tuple[str, ...]:
    """The keypoints' names, which must be the same for all categories that are used."""
    used = {annotation["category_id"] for annotation in content["annotations"]}
    skeletons = {tuple(c["keypoints"]) for c in content["categories"] if c["id"] in used}
    if len(skeletons) != 1:
        raise InputError(
            f"{path}: its annotations use {len(skeletons)} sets of keypoint names; keep one"
        )
    return tuple(str(name) for name in skeletons.pop())


def _pictures(path: Path, content: Mapping[str, Any], count: int) -> list[tuple[Path, Peopled]]:
    """Picture files with their persons, in order of their names."""
    folder = path.parent / "images"
    found: list[tuple[Path, Peopled]] = []
    for entry in content["images"]:
        name, number = str(entry["file_name"]), int(entry["id"])
        if name != Path(name).name:
            raise InputError(f"{path}: file_name {name} must be a picture in {folder}, no path")
        size = picture_size(folder / name)
        own = (a for a in content["annotations"] if a["image_id"] == number)
        persons = tuple(_person(path, annotation, size, count) for annotation in own)
        found.append((folder / name, Peopled(number, Path(name).stem, size, persons)))
    return sorted(found, key=lambda pair: pair[1].stem)


def _person(path: Path, annotation: Mapping[str, Any], size: tuple[int, int], count: int) -> Person:
    values = np.array(annotation["keypoints"], np.float64)
    if values.shape != (3 * count,) or not are_places(values):
        raise InputError(
            f"{path}: annotation {annotation.get('id', '')} must have {3 * count} numbers "
            f"as keypoints, three for each of the {count} names, in or near the picture"
        )
    x, y, width, height = (float(v) for v in annotation.get("bbox", (0, 0, *size[::-1])))
    keypoints = values.reshape(count, 3)
    labelled = int(np.count_nonzero(keypoints[:, 2] > 0))
    area = float(annotation.get("area", width * height))
    crowd = bool(annotation.get("iscrowd", 0))
    number = int(annotation["image_id"])
    return Person(number, (x, y, width, height), area, crowd, labelled, keypoints)
