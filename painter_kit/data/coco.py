"""``--data coco``: COCO 2017 with the protocols of the released code.

``coco-semantic`` has the 133 panoptic classes, ``instance`` class-agnostic things, ``panoptic``
both, ``keypoint`` persons (``data/coco_pose.py``). Splits pool, select and confirm are drawn from
train2017, test is val2017. Ids are names of pictures, so that equal ids of two tasks mean the
same picture; keypoint groups its examples by these names. ``--data coco:gt-boxes`` looks for the
persons of the test in their annotated boxes instead of detected ones: for quick checks, not
comparable with anything published.

Truth comes from the annotations, not from painted files, at the pictures' own size. Training
subsets leave out what cannot be painted: pictures without segments (semantic), without things
or with a side under 32 pixels (instance, panoptic). The test subset is every picture of val2017;
instances are those of ``instances_val2017.json``, crowds flagged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from painter_kit.data import coco_files as files
from painter_kit.data import coco_pose, specs
from painter_kit.data.base import check_task
from painter_kit.data.coco_categories import NAMES, THINGS
from painter_kit.data.coco_files import SEMSEG, TRAIN, VAL, Outlined
from painter_kit.data.coco_pose import Boxes, pose_examples
from painter_kit.data.coco_truth import (
    Entry,
    index_truth,
    outline_truth,
    panoptic_truth,
    semantic_truth,
    thing_truth,
)
from painter_kit.data.pictures import read_image
from painter_kit.data.present import require_files
from painter_kit.errors import InputError
from painter_kit.types import Example, Examples, Pair, Spec, Truth

SUBSETS = {"train": TRAIN, "test": VAL}
GT_BOXES = "gt-boxes"
LEAST_SIDE = 32  # smaller pictures are no training data for instances (released code)


@dataclass(frozen=True)
class CocoExamples:
    """Pictures of COCO with the truth of one task, read when asked for."""

    entries: tuple[Entry, ...]
    truth: Callable[[Entry], Truth]

    @property
    def ids(self) -> Sequence[str]:
        """Names of the pictures without suffix."""
        return [entry.name for entry in self.entries]

    @property
    def groups(self) -> Sequence[str]:
        """Every picture is a group of its own."""
        return self.ids

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int, /) -> Example:
        entry = self.entries[index]
        image = read_image(entry.image)
        if entry.outlined is not None and entry.outlined.size != image.shape[:2]:
            raise InputError(
                f"{entry.image} is {image.shape[1]} x {image.shape[0]} but its objects are of "
                "another size; get both anew"
            )
        truth = self.truth(entry)
        for name in ("labels", "segments", "masks"):
            if name in truth and truth[name].shape[-2:] != image.shape[:2]:
                raise InputError(
                    f"{entry.image} is {image.shape[1]} x {image.shape[0]} but its annotation "
                    "is of another size; get both anew"
                )
        return Example(entry.name, entry.name, image, truth)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


def panoptic_entries(folder: Path, split: str) -> tuple[Entry, ...]:
    """Every picture of a split's panoptic annotations; no picture is looked for.

    Raises ``InputError`` when the annotations are missing or broken.
    """
    pictures = files.read_panoptic(files.panoptic_file(folder, split))
    return tuple(Entry(folder, split, p.stem, p) for p in pictures)


def labelled(entry: Entry) -> bool:
    """Whether there is anything to paint for semantic segmentation."""
    return len(entry.segments) > 0


def paintable(entry: Entry) -> bool:
    """Whether the released code paints instances on this picture."""
    return bool(entry.segments["instance"].any()) and min(entry.size) >= LEAST_SIDE


def _outlined(folder: Path, split: str) -> tuple[Outlined, ...]:
    return files.read_instances(files.instances_file(folder, split))


def _semantic(folder: Path, split: str) -> CocoExamples:
    if split == TRAIN:
        entries = filter(labelled, panoptic_entries(folder, split))
        return CocoExamples(tuple(entries), semantic_truth)
    if not files.panoptic_file(folder, split).is_file() and (folder / SEMSEG).is_dir():
        names = sorted(path.stem for path in (folder / SEMSEG).glob("*.png"))
        return CocoExamples(tuple(Entry(folder, split, name) for name in names), index_truth)
    return CocoExamples(panoptic_entries(folder, split), semantic_truth)


def _instance(folder: Path, split: str) -> CocoExamples:
    if split == TRAIN:
        entries = filter(paintable, panoptic_entries(folder, split))
        return CocoExamples(tuple(entries), thing_truth)
    outlined = (Entry(folder, split, p.stem, outlined=p) for p in _outlined(folder, split))
    return CocoExamples(tuple(outlined), outline_truth)


def _panoptic(folder: Path, split: str) -> CocoExamples:
    entries = panoptic_entries(folder, split)
    if split == TRAIN:
        return CocoExamples(tuple(filter(paintable, entries)), panoptic_truth)
    if files.instances_file(folder, split).is_file():
        known = {picture.stem: picture for picture in _outlined(folder, split)}
        entries = tuple(entry._replace(outlined=known.get(entry.name)) for entry in entries)
    return CocoExamples(entries, panoptic_truth)


_READERS: dict[str, Callable[[Path, str], CocoExamples]] = {
    "coco-semantic": _semantic,
    "instance": _instance,
    "panoptic": _panoptic,
}


@dataclass(frozen=True)
class CocoData:
    """COCO 2017 in the folder ``root/coco``; the root may be named later than the tasks."""

    root: Path | None
    name: str = "coco"
    tasks: tuple[str, ...] = ("coco-semantic", "instance", "panoptic", "keypoint")
    boxes: Boxes = "detected"

    @property
    def sources(self) -> Mapping[str, str]:
        """Training splits are cut from train2017, test is val2017."""
        return {"pool": "train", "select": "train", "confirm": "train", "test": "test"}

    def spec(self, task: str) -> Spec[Any]:
        """The released constants of the task. Raises ``InputError`` for another task."""
        check_task(self, task)
        if task == "panoptic":
            return _blended(specs.panoptic_spec(self.name, NAMES, tuple(range(THINGS))))
        if task == "keypoint":
            return specs.coco_keypoint_spec(self.name)
        return _blended(specs.released_spec(self.name, task, NAMES))

    def examples(self, task: str, subset: str) -> Examples:
        """The pictures of the subset ``train`` or ``test``; annotations are parsed once.

        Raises ``InputError`` naming the first file that is missing.
        """
        check_task(self, task)
        if subset not in SUBSETS:
            raise InputError(f"--data {self.name} has the subsets {', '.join(SUBSETS)}")
        if task == "keypoint":
            return pose_examples(self.root, SUBSETS[subset], self.boxes)
        made = _READERS[task](files.coco_folder(self.root), SUBSETS[subset])
        _check_files(made.entries)
        return made

    def released(self, task: str) -> Pair:
        """The pair that the released scripts prompt with: of keypoints ``coco_pose.released_pair``,
        of the other tasks ``coco_released.released_pair``."""
        if task == "keypoint":
            return coco_pose.released_pair(self.root)
        from painter_kit.data.coco_released import released_pair

        return released_pair(self, task)


def _blended(spec: Spec[Any]) -> Spec[Any]:
    """The spec with painted prompts resized bicubically, as the released evaluation does."""
    parts = tuple((name, _blended(part)) for name, part in spec.parts)
    return replace(spec, target_resize="bicubic", parts=parts)


def _check_files(entries: Sequence[Entry]) -> None:
    """Raise ``InputError`` when a photograph or a panoptic PNG is not there."""
    pngs = [entry.png for entry in entries if entry.segmented is not None]
    require_files(
        [*(entry.image for entry in entries), *pngs],
        "the annotations list such files: unpack the official archives there, or cut the "
        "annotations down to the pictures present",
    )


def open_coco(argument: str, root: Path | None = None) -> CocoData:
    """The dataset of ``--data coco`` or ``coco:gt-boxes``; ``InputError`` for anything else."""
    if argument == GT_BOXES:
        return CocoData(root, f"coco:{GT_BOXES}", ("keypoint",), "annotated")
    if argument:
        raise InputError(f"--data coco takes no argument but {GT_BOXES}; got {argument!r}")
    return CocoData(root)
