"""The prompts that the released scripts evaluate COCO with: one training picture for both parts.

Files that ``painterkit prepare coco`` made for the trainer are taken as they are; without them the
pair is painted from the panoptic annotations, which gives the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from painter_kit.data.coco import CocoData, labelled, paintable, panoptic_entries
from painter_kit.data.coco_files import TRAIN, coco_folder, panoptic_file
from painter_kit.data.coco_truth import Entry, semantic_truth
from painter_kit.data.pictures import read_image
from painter_kit.data.prepare.coco_instances import FOLDER, PLAIN, CopyFiles, Placement, copy_pair
from painter_kit.data.prepare.coco_semantic import painted_file
from painter_kit.data.present import require_files
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task
from painter_kit.types import Pair

PROMPT = "000000391460"  # in train2017


def released_pair(data: CocoData, task: str) -> Pair:
    """The pair of ``coco-semantic``, at the picture's size, or of ``instance``, 1024 x 1024.

    Raises ``InputError`` naming what is missing, and for a task without such a pair.
    """
    if task not in _PAIRS:
        raise InputError(
            f"--data {data.name} has no released prompt of {task}; it has {', '.join(_PAIRS)}"
        )
    return _PAIRS[task](data, Entry(coco_folder(data.root), TRAIN, PROMPT))


def _classes(data: CocoData, entry: Entry) -> Pair:
    """The photograph and its classes in colours."""
    require_files([entry.image], "the released prompt is this picture: unpack train2017.zip there")
    spec, path = data.spec("coco-semantic"), painted_file(entry)
    if path.is_file():
        return _read(entry.image, path, data, "coco-semantic")
    truth = semantic_truth(_annotated(entry, labelled))
    target = get_task("coco-semantic").encode(truth, spec, truth["labels"].shape)
    return Pair(read_image(entry.image), target, spec.coding)


def _places(data: CocoData, entry: Entry) -> Pair:
    """The plain copy for instances."""
    copies = CopyFiles(entry.folder / FOLDER, entry.name, (PLAIN[TRAIN],))
    if all(path.is_file() for path in copies):
        return _read(copies[0], copies[1], data, "instance")
    require_files([entry.image], "the released prompt is this picture: unpack train2017.zip there")
    return copy_pair(_annotated(entry, paintable), Placement())


_PAIRS: dict[str, Callable[[CocoData, Entry], Pair]] = {
    "coco-semantic": _classes,
    "instance": _places,
}


def _annotated(entry: Entry, usable: Callable[[Entry], bool]) -> Entry:
    """The entry with its annotation, which has to show something."""
    found = [e for e in panoptic_entries(entry.folder, entry.split) if e.name == entry.name]
    path = panoptic_file(entry.folder, entry.split)
    if not found or not usable(found[0]):
        raise InputError(
            f"{path} has nothing to paint for the released prompt {entry.name}; get the official "
            "annotations or choose another prompt"
        )
    require_files([found[0].png], "unpack panoptic_train2017.zip of the panoptic annotations there")
    return found[0]


def _read(image: Path, target: Path, data: CocoData, task: str) -> Pair:
    pictures = read_image(image), read_image(target)
    if pictures[0].shape != pictures[1].shape:
        raise InputError(f"{target} is not of the size of {image}; prepare it anew")
    return Pair(*pictures, data.spec(task).coding)
