"""What of COCO 2017 is on disk, and whether it is as published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.coco import labelled, panoptic_entries
from painter_kit.data.coco_files import (
    SEMSEG,
    SPLITS,
    TRAIN,
    VAL,
    instances_file,
    panoptic_file,
    panoptic_pngs,
    read_instances,
    read_panoptic,
    read_segments,
)
from painter_kit.data.coco_truth import Entry
from painter_kit.data.pictures import read_index
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.check import Files, pictures, relative
from painter_kit.data.prepare.coco_instances import copy_folders
from painter_kit.data.prepare.coco_semantic import painted_file
from painter_kit.errors import InputError

PICTURES = {TRAIN: 118_287, VAL: 5_000}  # as published
_ANNOTATIONS = "unpack the official annotations there"
_PREPARE = "painterkit prepare coco makes it; evaluation does not need it"


def check(root: Path, deep: bool) -> list[Finding]:
    """A Finding per annotation file and folder of pictures; ``deep`` opens every picture."""
    folder = root / "coco"
    if not folder.is_dir():
        return [Finding("coco", 0, missing=("coco",), note="unpack COCO 2017 there")]
    findings = [_annotations(root, instances_file(folder, VAL), VAL, read_instances)]
    for split in SPLITS:
        annotations = _annotations(root, panoptic_file(folder, split), split, read_panoptic)
        usable = not annotations.missing and not annotations.broken
        entries = panoptic_entries(folder, split) if usable else ()
        files = _files(root, split, entries, deep)
        findings += [annotations, *(group.finding(root, deep) for group in files)]
    return findings


def _annotations(
    root: Path, path: Path, split: str, read: Callable[[Path], Sequence[object]]
) -> Finding:
    part, expected = relative(root, path), PICTURES[split]
    if not path.is_file():
        return Finding(part, 0, expected, missing=(part,), note=_ANNOTATIONS)
    try:
        return Finding(part, len(read(path)), expected)
    except InputError as error:
        return Finding(part, 0, expected, broken=(part,), note=str(error))


def _files(root: Path, split: str, entries: Sequence[Entry], deep: bool) -> Iterator[Files]:
    """The photographs, the panoptic PNGs and what ``painterkit prepare coco`` made of a split."""
    folder, count = root / "coco", PICTURES[split]
    photographs = {entry.image for entry in entries} | set((folder / split).glob("*.jpg"))
    yield Files(folder / split, pictures(photographs), f"unpack {split}.zip there", count)
    pngs = {e.png: partial(read_segments, e.png, e.segments) for e in entries}
    yield Files(panoptic_pngs(folder, split), pngs, _ANNOTATIONS, count)
    painted = [painted_file(entry) for entry in entries if labelled(entry)]
    folder_painted = painted_file(Entry(folder, split, "")).parent
    yield Files(folder_painted, pictures(painted), _PREPARE)
    if split == VAL:
        maps = {entry.index_png: partial(read_index, entry.index_png) for entry in entries}
        yield Files(folder / SEMSEG, maps, _PREPARE)
    for copies in copy_folders(folder, split.removesuffix("2017")):
        # Listed only to be opened: they may be millions.
        yield Files(copies, pictures(copies.glob("*.png")) if deep else {}, "")
