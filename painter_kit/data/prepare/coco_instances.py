"""Copies of COCO's pictures, 1024 x 1024, with things painted in the colours of their places.

The released trainer does not augment instances while it trains but reads prepared copies: a
plain and a mirrored one, and 30 that are mirrored by chance, resized to a random side (the
aspect is lost) and cropped or padded on the right and below. A copy in which nothing is painted
is not saved. One copy of a picture takes about 1.5 MB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from painter_kit.data.coco import CocoData, paintable, panoptic_entries
from painter_kit.data.coco_files import TRAIN, coco_folder, read_segments
from painter_kit.data.coco_truth import Entry
from painter_kit.data.pairs import PairEntry, write_pair_list
from painter_kit.data.pictures import read_image, write_png
from painter_kit.data.prepare.base import Item, PrepareOptions, Step
from painter_kit.data.prepare.coco_semantic import say_left_out, splits_present
from painter_kit.data.present import natural_key
from painter_kit.tasks.base import get_task
from painter_kit.types import Image, Pair

TYPE = "coco_image2panoptic_inst"
FOLDER = "pano_ca_inst"  # in coco/
SIDE = 1024
COPIES = 30
SMALLEST, LARGEST = 0.7, 2.0  # of SIDE
PLAIN = {TRAIN: "train_org", "val2017": "val_org"}
MIRRORED, AUGMENTED = "train_orgflip", "train_aug"


@dataclass(frozen=True)
class Placement:
    """How a picture gets onto its canvas: mirrored first, resized to ``side`` x ``side``, then
    cut at ``top`` and ``left``."""

    mirrored: bool = False
    side: int = SIDE
    top: int = 0
    left: int = 0


def placement(copy: str, seed: int, image_id: int) -> Placement:
    """Where a copy has the picture; drawn by (seed, number of the copy, image id)."""
    if not copy.startswith(AUGMENTED):
        return Placement(copy == MIRRORED)
    draw = np.random.default_rng((seed, int(copy.removeprefix(AUGMENTED)), image_id))
    mirrored = bool(draw.random() < 0.5)
    side = int(SIDE * draw.uniform(SMALLEST, LARGEST))
    top, left = draw.integers(0, max(side - SIDE, 0), 2, endpoint=True)
    return Placement(mirrored, side, int(top), int(left))


def placed_image(image: Image, where: Placement) -> Image:
    """uint8 (1024, 1024, 3): resized bilinearly by OpenCV in float32, truncated."""
    import cv2

    return _placed(image.astype(np.float32), where, cv2.INTER_LINEAR).astype(np.uint8)


def placed_segments(segments: npt.NDArray[np.int32], where: Placement) -> npt.NDArray[np.uint16]:
    """uint16 (1024, 1024): the segments of ``read_segments``, resized to the nearest."""
    import cv2

    return _placed(segments.astype(np.uint16), where, cv2.INTER_NEAREST)


def _placed(picture: np.ndarray, where: Placement, how: int) -> np.ndarray:
    import cv2

    mirrored = np.ascontiguousarray(picture[:, ::-1] if where.mirrored else picture)
    resized = cv2.resize(mirrored, (where.side, where.side), interpolation=how)
    cut = resized[where.top :, where.left :][:SIDE, :SIDE]
    canvas = np.zeros((SIDE, SIDE, *picture.shape[2:]), picture.dtype)
    canvas[: cut.shape[0], : cut.shape[1]] = cut
    return canvas


def copy_pair(entry: Entry, where: Placement) -> Pair:
    """The picture and its painted things on the canvas; the target may be all black."""
    image, segments = read_image(entry.image), read_segments(entry.png, entry.segments)
    return _pair(entry, image, segments, where)


def _pair(entry: Entry, image: Image, segments: npt.NDArray[np.int32], where: Placement) -> Pair:
    spec = CocoData(None).spec("instance")
    chosen = (np.flatnonzero(entry.segments["instance"]) + 1).astype(np.uint16)
    masks = placed_segments(segments, where) == chosen[:, None, None]
    target = get_task("instance").encode({"masks": masks}, spec, (SIDE, SIDE))
    return Pair(placed_image(image, where), target, spec.coding)


class CopyFiles(Sequence[Path]):
    """The files of all copies of one picture, image and label in turn.

    Paths are made when asked for: a prepared train2017 has 7.5 million of them.
    """

    def __init__(self, folder: Path, name: str, copies: tuple[str, ...]) -> None:
        self.folder, self.name, self.copies = folder, name, copies

    def __len__(self) -> int:
        return 2 * len(self.copies)

    def __getitem__(self, index: int, /) -> Path:
        return self.pair(self.copies[index // 2])[index % 2]

    def pair(self, copy: str) -> tuple[Path, Path]:
        """Image and label of one copy."""
        image, label = (f"{self.name}_{kind}_{copy}.png" for kind in ("image", "label"))
        return self.folder / copy / image, self.folder / copy / label


def make_copies(entry: Entry, outputs: CopyFiles, seed: int) -> None:
    """Write the copies that do not exist yet, but for those without any painted thing."""
    image, segments = read_image(entry.image), read_segments(entry.png, entry.segments)
    for copy in outputs.copies:
        paths = outputs.pair(copy)
        if all(path.is_file() for path in paths):
            continue
        pair = _pair(entry, image, segments, placement(copy, seed, _number(entry)))
        if pair.target.any():
            write_png(paths[0], pair.image)
            write_png(paths[1], pair.target)


def _number(entry: Entry) -> int:
    return 0 if entry.segmented is None else entry.segmented.image_id


def _copies(split: str, options: PrepareOptions) -> tuple[str, ...]:
    if split != TRAIN:
        return (PLAIN[split],)
    count = COPIES if options.copies is None else options.copies
    return (PLAIN[split], MIRRORED, *(f"{AUGMENTED}{number}" for number in range(count)))


def _items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    folder, splits = coco_folder(root), splits_present(root)
    say_left_out(root)
    items = []
    for split in splits:
        copies = _copies(split, options)
        for entry in filter(paintable, panoptic_entries(folder, split)):
            outputs = CopyFiles(folder / FOLDER, entry.name, copies)
            items.append(Item(outputs, partial(make_copies, entry, outputs, options.seed)))
    return items


def _lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    """Write the lists of training and validation copies, whatever wrote these."""
    folder = coco_folder(root)
    lists = []
    for split in ("train", "val"):
        pairs = [p for copies in copy_folders(folder, split) for p in copy_pairs(root, copies)]
        if pairs:
            path = folder / FOLDER / f"coco_{split}_image_panoptic_inst.json"
            lists.append(write_pair_list(path, pairs))
    return lists


def copy_pairs(root: Path, copies: Path) -> Iterator[PairEntry]:
    """The pairs in one folder of copies, in order of their names; images without label are not."""
    names = set(os.listdir(copies))
    place = copies.relative_to(root).as_posix()
    for name in sorted(names):
        label = name.replace("_image_", "_label_")
        if label != name and label in names:
            yield PairEntry(f"{place}/{name}", f"{place}/{label}", TYPE)


def copy_folders(folder: Path, split: str) -> list[Path]:
    """The folders of copies of ``train`` or ``val``; the second copy comes before the tenth."""
    return sorted((folder / FOLDER).glob(f"{split}_*/"), key=lambda p: natural_key(p.name))


STEPS = (Step("instances", "copies with things painted by place (large)", _items, _lists),)
