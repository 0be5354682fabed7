"""COCO's keypoints: crops of single persons to learn from, pictures of all persons to test on.

Training examples are the crops of annotated persons, ``000000000165_box0``; all of a picture form
a group. They can be prompts and are measured as pictures with one detection. Test examples are
whole pictures of val2017, every one that the annotations list, with a crop for each detected
person (or, not comparable with published results, for each annotated one).

Every crop is followed by that of the mirrored picture, its centre mirrored with it, for the flip
test. Crops are made when an example is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from painter_kit.data import specs
from painter_kit.data.coco_files import TRAIN
from painter_kit.data.coco_people import (
    POSE,
    Boxed,
    Peopled,
    Person,
    detections_file,
    people_file,
    picture_folder,
    read_detections,
    read_people,
    true_boxes,
)
from painter_kit.data.crops import CANVAS, Crop, box_crop, warp, warp_points
from painter_kit.data.pictures import read_image
from painter_kit.data.present import require_files
from painter_kit.data.skeletons import COCO_KEYPOINTS
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task
from painter_kit.types import Example, Examples, Image, Pair

Boxes = Literal["detected", "annotated"]
PAIRS = f"{POSE}/data_pair"
PROMPT = 165, 0  # picture and box of the released prompt
_PICTURES = (
    "the annotations list such pictures: unpack the official archives into coco/, or cut the "
    "annotations down to the pictures present"
)


@dataclass(frozen=True)
class OnePerson:
    """An annotated person of a picture file, to be cropped by ``boxed``; ``group`` is what splits
    keep together."""

    path: Path
    picture: Peopled
    person: Person
    boxed: Boxed
    group: str

    @property
    def name(self) -> str:
        """Picture and number of the box, as prepared crops are named."""
        return f"{self.picture.stem}_box{self.boxed.number}"


@dataclass(frozen=True)
class Crops:
    """The crops of annotated persons with their keypoints, made when asked for."""

    entries: tuple[OnePerson, ...]

    @property
    def ids(self) -> Sequence[str]:
        """Names of the crops."""
        return [entry.name for entry in self.entries]

    @property
    def groups(self) -> Sequence[str]:
        """The groups of the pictures."""
        return [entry.group for entry in self.entries]

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int, /) -> Example:
        entry = self.entries[index]
        image = read_photograph(entry.path, entry.picture)
        crop = box_crop(entry.boxed.box)
        views = crop_views(image, [crop])
        truth = crop_truth(entry.person, crop)
        return Example(entry.name, entry.group, views[0], truth, views=views)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class Pictures:
    """Whole pictures with all their persons and the crops to find them in."""

    folder: Path
    pictures: tuple[Peopled, ...]
    boxes: tuple[tuple[Boxed, ...], ...]

    @property
    def ids(self) -> Sequence[str]:
        """Names of the pictures."""
        return [picture.stem for picture in self.pictures]

    @property
    def groups(self) -> Sequence[str]:
        """Every picture is a group of its own."""
        return self.ids

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int, /) -> Example:
        picture = self.pictures[index]
        image = read_photograph(self.folder / f"{picture.stem}.jpg", picture)
        crops = [box_crop(boxed.box) for boxed in self.boxes[index]]
        scores = [boxed.score for boxed in self.boxes[index]]
        truth = picture_truth(picture, crops, scores)
        return Example(picture.stem, picture.stem, image, truth, views=crop_views(image, crops))

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


def read_photograph(path: Path, picture: Peopled) -> Image:
    """The picture, if it is of the size that was annotated; ``InputError`` otherwise."""
    image = read_image(path)
    if image.shape[:2] != picture.size:
        raise InputError(
            f"{path} is {image.shape[1]} x {image.shape[0]} but its annotation is of another "
            "size; get both anew"
        )
    return image


def crop_views(image: Image, crops: Sequence[Crop]) -> tuple[Image, ...]:
    """Each crop of the picture and of the mirrored picture, in turn."""
    mirrored, width = np.ascontiguousarray(image[:, ::-1]), image.shape[1]
    pairs = ((warp(image, c), warp(mirrored, c.mirrored(width))) for c in crops)
    return tuple(view for pair in pairs for view in pair)


def crop_truth(person: Person, crop: Crop) -> dict[str, np.ndarray]:
    """What ``tasks/keypoint.py`` takes of one person, in pixels of the crop."""
    zoom = crop.zoom
    corner = np.array(crop.centre) - np.array(crop.extent) / 2
    x, y, width, height = person.box
    box = np.array([x - corner[0], y - corner[1], width, height]) * zoom
    return {
        "keypoints": warp_points(person.keypoints, crop),
        "box": box.astype(np.float32),
        "area": np.array(person.area * zoom**2),
        "zoom": np.array(zoom),
        "size": np.array(crop.canvas),
    }


def picture_truth(
    picture: Peopled,
    crops: Sequence[Crop],
    scores: Sequence[float],
    joints: int = len(COCO_KEYPOINTS),
) -> dict[str, np.ndarray]:
    """What ``tasks/people.py`` takes of a picture: where to look, and who is there."""
    persons = picture.persons
    crowd = np.array([p.crowd for p in persons], bool)
    return {
        "size": np.array(picture.size),
        "crops": np.array([(*c.centre, *c.extent) for c in crops], np.float64).reshape(-1, 4),
        "crop_scores": np.array(scores, np.float64),
        "keypoints": np.array([p.keypoints for p in persons], np.float64).reshape(-1, joints, 3),
        "boxes": np.array([p.box for p in persons], np.float64).reshape(-1, 4),
        "areas": np.array([p.area for p in persons], np.float64),
        "crowd": crowd,
        "ignored": crowd | np.array([p.labelled == 0 for p in persons], bool),
    }


def pose_examples(root: Path | None, split: str, boxes: Boxes = "detected") -> Examples:
    """The examples of a split. Raises ``InputError`` naming the first file that is missing."""
    if root is None:
        raise InputError("--data coco needs --data-root DIR, the folder that holds coco/")
    pictures = read_people(people_file(root, split))
    folder = picture_folder(root, split, pictures)
    if split == TRAIN:
        crops = Crops(tuple(_persons(folder, pictures)))
        require_files(dict.fromkeys(entry.path for entry in crops.entries), _PICTURES)
        return crops
    require_files((folder / f"{picture.stem}.jpg" for picture in pictures), _PICTURES)
    if boxes == "annotated":
        found = (tuple(boxed for _, boxed in true_boxes(picture)) for picture in pictures)
    else:
        detected = read_detections(detections_file(root))
        found = (detected.get(picture.image_id, ()) for picture in pictures)
    return Pictures(folder, pictures, tuple(found))


def _persons(folder: Path, pictures: Sequence[Peopled]) -> Iterator[OnePerson]:
    for picture in pictures:
        for person, boxed in true_boxes(picture):
            path = folder / f"{picture.stem}.jpg"
            yield OnePerson(path, picture, person, boxed, picture.stem)


def released_pair(root: Path | None) -> Pair:
    """The released prompt, ``000000000165_box0`` at 256 x 192, as prepared or made anew.

    Raises ``InputError`` naming what is missing.
    """
    if root is None:
        raise InputError("--data coco needs --data-root DIR, the folder that holds coco/")
    spec, name = specs.coco_keypoint_spec("coco"), f"{PROMPT[0]:012d}_box{PROMPT[1]}"
    image, label = (
        root / PAIRS / "train_256x192_aug0" / f"{name}_{kind}.png" for kind in ("image", "label")
    )
    if image.is_file() and label.is_file():
        return Pair(read_image(image), read_image(label), spec.coding)
    annotations = people_file(root, TRAIN)
    pictures = [p for p in read_people(annotations) if p.image_id == PROMPT[0]]
    crops = Crops(tuple(_persons(picture_folder(root, TRAIN, pictures), pictures)))
    if name not in crops.ids:
        raise InputError(
            f"the released prompt {name} is neither at {image} nor in {annotations}; unpack "
            "COCO 2017's annotations, or run painterkit prepare coco on the whole training set"
        )
    example = crops[list(crops.ids).index(name)]
    target = get_task("keypoint").encode(example.truth, spec, CANVAS)
    return Pair(example.image, target, spec.coding)
