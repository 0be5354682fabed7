"""Crops of COCO's persons, 256 x 192, with their keypoints painted.

The released trainer does not augment keypoints while it trains but reads 20 prepared copies of
every annotated person: here the first is plain and the others are augmented as the released
code has it in an unused list (the released recipe does not say which copies were). A crop in
which nothing is painted is not saved. The crops of detected persons in val2017, and those of the
mirrored pictures, are for other tools that evaluate; painterkit makes its own when it reads.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from painter_kit.data.coco_files import SPLITS, TRAIN, VAL
from painter_kit.data.coco_people import (
    POSE,
    Boxed,
    Peopled,
    detections_file,
    people_file,
    picture_folder,
    read_detections,
    read_people,
    true_boxes,
)
from painter_kit.data.coco_pose import PAIRS, crop_views, read_photograph
from painter_kit.data.crops import CANVAS, Crop, box_crop, fit, warp, warp_points
from painter_kit.data.pairs import PairEntry, write_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import Item, PrepareOptions, Step
from painter_kit.data.skeletons import COCO_KEYPOINTS, UPPER_BODY, flip_pairs_of
from painter_kit.data.specs import coco_keypoint_spec
from painter_kit.errors import MissingError
from painter_kit.tasks.base import get_task
from painter_kit.types import Image, Pair

TYPE = "coco_image2pose"
COPIES = 20
COPY = "train_256x192_aug"
VALIDATION = "val_256x192"
TEST = ("test_256x192", "test_256x192_flip")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """How a crop is augmented; the defaults leave it plain.

    In this order: with chance ``shift`` the centre moves by up to 0.16 of the extent; with chance
    ``flip`` all is mirrored; with chance ``half_body`` a person with more than 8 labelled
    keypoints is cropped to the upper or lower body; the extent is scaled by a normal draw of mean
    1 and deviation ``scale``, cut at 1 - ``scale`` and 1 + ``scale``; with chance ``rotate`` the
    crop is turned by a normal draw of deviation 40 degrees, cut at 80.
    """

    shift: float = 0.0
    flip: float = 0.0
    half_body: float = 0.0
    scale: float = 0.0
    rotate: float = 0.0


PLAIN = Recipe()
AUGMENTED = Recipe(shift=0.3, flip=0.5, half_body=0.3, scale=0.5, rotate=0.6)


def recipe_of(copy: int, options: PrepareOptions) -> Recipe:
    """The recipe of a copy: the first ``plain_copies`` are plain."""
    return PLAIN if copy < options.plain_copies else AUGMENTED


def augmented(
    rng: np.random.Generator,
    recipe: Recipe,
    crop: Crop,
    keypoints: npt.NDArray[np.float64],
    width: int,
) -> tuple[Crop, npt.NDArray[np.float64], bool]:
    """The crop and the keypoints (17, 3) after the draws, and whether the picture is mirrored.

    ``width`` is the picture's; keypoints of a mirrored picture are in its pixels, left and right
    swapped.
    """
    if rng.random() < recipe.shift:
        x, y = np.array(crop.centre) + rng.uniform(-1, 1, 2) * 0.16 * np.array(crop.extent)
        crop = replace(crop, centre=(float(x), float(y)))
    mirrored = bool(rng.random() < recipe.flip)
    if mirrored:
        crop, keypoints = crop.mirrored(width), mirror_keypoints(keypoints, width)
    if rng.random() < recipe.half_body and np.count_nonzero(keypoints[:, 2] > 0) > 8:
        crop = _half_body(rng, crop, keypoints)
    factor = np.clip(rng.normal(1, recipe.scale), 1 - recipe.scale, 1 + recipe.scale)
    angle = np.clip(rng.normal(0, 40), -80, 80)
    turned = float(angle) if rng.random() < recipe.rotate else 0.0
    extent = float(crop.extent[0] * factor), float(crop.extent[1] * factor)
    return replace(crop, extent=extent, rotation=turned), keypoints, mirrored


def mirror_keypoints(keypoints: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """Keypoints (17, 3) of the mirrored picture, left and right swapped."""
    order = np.arange(len(keypoints))
    for one, other in flip_pairs_of(COCO_KEYPOINTS):
        order[[one, other]] = other, one
    swapped = keypoints[order]
    swapped[:, 0] = width - 1 - swapped[:, 0]
    return swapped


def _half_body(rng: np.random.Generator, crop: Crop, keypoints: npt.NDArray[np.float64]) -> Crop:
    """The crop around the labelled keypoints of the upper or the lower body."""
    labelled = keypoints[:, 2] > 0
    upper, lower = (keypoints[part][labelled[part], :2] for part in np.s_[:UPPER_BODY, UPPER_BODY:])
    chosen = upper
    if not (rng.normal() < 0.5 and len(upper) > 2) and len(lower) > 2:
        chosen = lower
    if len(chosen) < 2:
        return crop
    x, y = chosen.mean(axis=0).tolist()
    width, height = np.ptp(chosen, axis=0).tolist()
    extent = fit(width, height, padding=1.5)
    return Crop((x, y), extent) if min(extent) > 0 else crop


def crop_pair(image: Image, crop: Crop, keypoints: npt.NDArray[np.float64]) -> Pair:
    """The crop of a picture and its painted keypoints; the target may be all black."""
    spec = coco_keypoint_spec("coco")
    truth = {"keypoints": warp_points(keypoints, crop)}
    return Pair(warp(image, crop), get_task("keypoint").encode(truth, spec, CANVAS), spec.coding)


class CropFiles(Sequence[Path]):
    """The files of all crops of one picture: by copy, then by box, then by kind.

    Paths are made when asked for: a prepared train2017 has 6 million of them.
    """

    def __init__(
        self,
        folder: Path,
        copies: tuple[str, ...],
        stem: str,
        boxes: tuple[int, ...],
        kinds: tuple[str, ...] = ("image", "label"),
    ) -> None:
        self.folder, self.copies, self.stem = folder, copies, stem
        self.boxes, self.kinds = boxes, kinds

    def __len__(self) -> int:
        return len(self.copies) * len(self.boxes) * len(self.kinds)

    def __getitem__(self, index: int, /) -> Path:
        rest, kind = divmod(range(len(self))[index], len(self.kinds))
        copy, box = divmod(rest, len(self.boxes))
        return self.path(self.copies[copy], self.boxes[box], self.kinds[kind])

    def path(self, copy: str, box: int, kind: str) -> Path:
        """The file of one crop."""
        return self.folder / copy / f"{self.stem}_box{box}_{kind}.png"


def make_pairs(path: Path, picture: Peopled, files: CropFiles, options: PrepareOptions) -> None:
    """Write the painted crops that do not exist yet, but for those without any heat.

    Every draw is keyed by seed, copy, picture and box.
    """
    image = read_photograph(path, picture)
    mirror_image = np.ascontiguousarray(image[:, ::-1])
    for copy in files.copies:
        number = int(copy.removeprefix(COPY)) if copy.startswith(COPY) else 0
        for person, boxed in true_boxes(picture):
            image_file, label_file = (files.path(copy, boxed.number, k) for k in files.kinds)
            if image_file.is_file() and label_file.is_file():
                continue
            rng = np.random.default_rng((options.seed, number, picture.image_id, boxed.number))
            recipe = recipe_of(number, options) if copy.startswith(COPY) else PLAIN
            crop, keypoints, mirrored = augmented(
                rng, recipe, box_crop(boxed.box), person.keypoints, image.shape[1]
            )
            pair = crop_pair(mirror_image if mirrored else image, crop, keypoints)
            if pair.target.any():
                write_png(image_file, pair.image)
                write_png(label_file, pair.target)


def make_tests(path: Path, picture: Peopled, boxes: Sequence[Boxed], files: CropFiles) -> None:
    """Write the crops of detected persons, of the picture and of the mirrored picture."""
    image = read_photograph(path, picture)
    for boxed in boxes:
        views = crop_views(image, [box_crop(boxed.box)])
        for copy, view in zip(files.copies, views, strict=True):
            write_png(files.path(copy, boxed.number, "image"), view)


def _items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    present = [split for split in SPLITS if people_file(root, split).is_file()]
    if not present:
        raise MissingError(
            f"{people_file(root, VAL)} does not exist, nor does that of train2017; unpack "
            "annotations_trainval2017.zip into coco/"
        )
    items: list[Item] = []
    for split in SPLITS:
        if split in present:
            items += _split_items(root, split, options)
        else:
            logger.warning("coco: %s does not exist, left out", people_file(root, split))
    return items


def _split_items(root: Path, split: str, options: PrepareOptions) -> Iterator[Item]:
    """Painted crops of annotated persons, and of val2017 also the crops of detected ones."""
    count = COPIES if options.copies is None else options.copies
    copies = tuple(f"{COPY}{n}" for n in range(count)) if split == TRAIN else (VALIDATION,)
    pictures = read_people(people_file(root, split))
    photographs, pairs = picture_folder(root, split, pictures), root / PAIRS
    for picture in pictures:
        numbers = tuple(boxed.number for _, boxed in true_boxes(picture))
        if numbers:
            files = CropFiles(pairs, copies, picture.stem, numbers)
            path = photographs / f"{picture.stem}.jpg"
            yield Item(files, partial(make_pairs, path, picture, files, options))
    if split == TRAIN:
        return
    if not detections_file(root).is_file():
        logger.warning("coco: %s does not exist, so test crops are left out", detections_file(root))
        return
    detected = read_detections(detections_file(root))
    for picture in pictures:
        boxes = detected.get(picture.image_id, ())
        if boxes:
            numbers = tuple(boxed.number for boxed in boxes)
            files = CropFiles(pairs, TEST, picture.stem, numbers, ("image",))
            path = photographs / f"{picture.stem}.jpg"
            yield Item(files, partial(make_tests, path, picture, boxes, files))


def _lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    """Write the lists of training and validation crops, whatever wrote these."""
    lists = []
    for split, pattern in (("train", f"{COPY}*/"), ("val", f"{VALIDATION}*/")):
        folders = sorted((root / PAIRS).glob(pattern), key=lambda p: (len(p.name), p.name))
        pairs = [pair for folder in folders for pair in crop_pairs(root, folder)]
        if pairs:
            path = root / POSE / f"coco_pose_256x192_{split}.json"
            lists.append(write_pair_list(path, pairs))
    return lists


def crop_pairs(root: Path, folder: Path) -> Iterator[PairEntry]:
    """The pairs in one folder of crops, in order of their names; images without label are not."""
    names = set(os.listdir(folder))
    place = folder.relative_to(root).as_posix()
    for name in sorted(names):
        label = name.removesuffix("_image.png") + "_label.png"
        if name.endswith("_image.png") and label in names:
            yield PairEntry(f"{place}/{name}", f"{place}/{label}", TYPE)


STEPS = (Step("keypoints", "crops of persons with painted keypoints (large)", _items, _lists),)
