"""Painted class maps of COCO for training, and index maps for evaluation."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.coco import CocoData, labelled, panoptic_entries
from painter_kit.data.coco_files import (
    SPLITS,
    VAL,
    coco_folder,
    panoptic_file,
    panoptic_pngs,
)
from painter_kit.data.coco_truth import Entry, semantic_truth
from painter_kit.data.pairs import PairEntry, write_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import Item, PrepareOptions, Step
from painter_kit.data.present import missing_files
from painter_kit.errors import MissingError
from painter_kit.tasks.base import get_task

TYPE = "coco_image2panoptic_sem_seg"
FOLDER = "pano_sem_seg"  # in coco/

logger = logging.getLogger(__name__)


def splits_present(root: Path) -> list[str]:
    """The splits with panoptic annotations. Raises ``InputError`` when there is none."""
    lacking = _lacking(root)
    if len(lacking) == len(SPLITS):
        raise MissingError(
            f"{lacking[VAL]} does not exist, nor is train2017 complete; unpack "
            "panoptic_annotations_trainval2017.zip and the archives inside it"
        )
    return [split for split in SPLITS if split not in lacking]


def say_left_out(root: Path) -> None:
    """Warn of each split that cannot be prepared."""
    for split, path in _lacking(root).items():
        logger.warning("coco: %s does not exist, so %s is left out", path, split)


def _lacking(root: Path) -> dict[str, Path]:
    """The first thing that is not there of each split that is not complete."""
    folder = coco_folder(root)
    return {
        split: path
        for split in SPLITS
        for path in (panoptic_pngs(folder, split), panoptic_file(folder, split))
        if not path.exists()
    }


def painted_file(entry: Entry) -> Path:
    """The picture's painted class map."""
    return entry.folder / FOLDER / f"panoptic_segm_{entry.split}_with_color" / f"{entry.name}.png"


def paint_classes(entry: Entry) -> None:
    """Write ``painted_file``: every segment in its class's colour, unlabelled pixels black."""
    truth = semantic_truth(entry)
    spec = CocoData(None).spec("coco-semantic")
    picture = get_task("coco-semantic").encode(truth, spec, truth["labels"].shape)
    write_png(painted_file(entry), picture)


def index_classes(entry: Entry) -> None:
    """Write the picture's class indices as a grey PNG; unlabelled pixels are 255."""
    write_png(entry.index_png, semantic_truth(entry)["labels"])


def _painted(root: Path, split: str) -> list[Entry]:
    return [entry for entry in panoptic_entries(coco_folder(root), split) if labelled(entry)]


def _paint_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    splits = splits_present(root)
    say_left_out(root)
    entries = (entry for split in splits for entry in _painted(root, split))
    return [Item((painted_file(entry),), partial(paint_classes, entry)) for entry in entries]


def _paint_lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    """Write the pair list of every split, of pictures that are there."""
    lists = []
    for split in splits_present(root):
        entries = _painted(root, split)
        missing = set(missing_files(path for e in entries for path in (e.image, painted_file(e))))
        pairs = [
            PairEntry(_name(root, entry.image), _name(root, painted_file(entry)), TYPE)
            for entry in entries
            if missing.isdisjoint((entry.image, painted_file(entry)))
        ]
        path = coco_folder(root) / FOLDER / f"coco_{split}_image_panoptic_sem_seg.json"
        lists.append(write_pair_list(path, pairs))
    return lists


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _index_items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    if VAL not in splits_present(root):
        return []
    entries = panoptic_entries(coco_folder(root), VAL)
    return [Item((entry.index_png,), partial(index_classes, entry)) for entry in entries]


def _no_lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    return []


STEPS = (
    Step("semantic", "class maps painted in 133 colours", _paint_items, _paint_lists),
    Step("semseg", "class index maps of val2017", _index_items, _no_lists),
)
