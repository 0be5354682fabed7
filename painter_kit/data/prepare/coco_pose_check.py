"""What of COCO's keypoints is on disk, and whether it is as published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from painter_kit.data.coco_files import SPLITS, TRAIN
from painter_kit.data.coco_people import (
    POSE,
    Peopled,
    detections_file,
    people_file,
    picture_folder,
    read_detections,
    read_people,
)
from painter_kit.data.coco_pose import PAIRS
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.check import Files, pictures, relative
from painter_kit.errors import InputError

PICTURES = {TRAIN: 118_287, "val2017": 5_000}  # as published
DETECTIONS = 104_125  # as commonly reported


def check(root: Path, deep: bool) -> list[Finding]:
    """A Finding per annotation file, of the detections, and per folder of pictures that only
    keypoints use; ``deep`` opens every picture."""
    findings = []
    for split in SPLITS:
        annotations, found = _annotations(root, split)
        findings.append(annotations)
        folder = picture_folder(root, split, found)
        if folder.is_relative_to(root / POSE):
            wanted = pictures(folder / f"{picture.stem}.jpg" for picture in found)
            note = f"the annotations list these; unpack {split}.zip into coco/"
            findings.append(Files(folder, wanted, note, PICTURES[split]).finding(root, deep))
    findings.append(_detections(root))
    return [*findings, *_crops(root, deep)]


def _annotations(root: Path, split: str) -> tuple[Finding, tuple[Peopled, ...]]:
    path, expected = people_file(root, split), PICTURES[split]
    part = relative(root, path)
    if not path.is_file():
        note = "unpack the official annotations there"
        return Finding(part, 0, expected, missing=(part,), note=note), ()
    try:
        found = read_people(path)
    except InputError as error:
        return Finding(part, 0, expected, broken=(part,), note=str(error)), ()
    return Finding(part, len(found), expected), found


def _detections(root: Path) -> Finding:
    """The detected persons; published results start from these."""
    path = detections_file(root)
    part = relative(root, path)
    note = "boxes; 104,125 is the number commonly reported"
    if not path.is_file():
        return Finding(part, 0, DETECTIONS, missing=(part,), note=f"{note}; evaluation needs them")
    try:
        count = sum(len(boxes) for boxes in read_detections(path).values())
    except InputError as error:
        return Finding(part, 0, DETECTIONS, broken=(part,), note=str(error))
    return Finding(part, count, DETECTIONS, note=note)


def _crops(root: Path, deep: bool) -> Iterator[Finding]:
    """The folders of prepared crops; their files are listed only to be opened."""
    for folder in sorted((root / PAIRS).glob("*/"), key=lambda p: (len(p.name), p.name)):
        wanted = pictures(folder.glob("*.png")) if deep else {}
        yield Files(folder, wanted, "").finding(root, deep)
