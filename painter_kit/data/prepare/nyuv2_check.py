"""What of NYU Depth v2 is on disk, and whether it is as published."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from painter_kit.data.nyuv2 import (
    FOLDER,
    OFFICIAL,
    SYNC,
    Frame,
    depth_file,
    frame_images,
    read_frame,
)
from painter_kit.data.nyuv2_labeled import (
    SIZE,
    labeled_file,
    read_picture,
    read_scenes,
    read_splits,
    splits_file,
)
from painter_kit.data.prepare.base import Finding
from painter_kit.data.prepare.check import broken_files, relative
from painter_kit.data.present import missing_files
from painter_kit.errors import InputError
from painter_kit.types import Size

FRAMES = 24_231  # synchronised pairs, as used by the released code
LABELED = {"train": 795, "test": 654}  # as published
DEEPEST = 10.0  # metres that the camera's toolbox allows

_SYNC = "unpack sync.zip there"
_SPARE = "only painterkit prepare nyuv2 needs it, to make official_splits"
_PREPARE = "painterkit prepare nyuv2 makes it from nyu_depth_v2_labeled.mat and splits.mat"


def check(root: Path, deep: bool) -> list[Finding]:
    """A Finding per MATLAB file and folder of pairs; ``deep`` opens every picture."""
    folder = root / FOLDER
    if not folder.is_dir():
        return [Finding(FOLDER, 0, missing=(FOLDER,), note="put NYU Depth v2 there")]
    test, train = (folder / OFFICIAL / split for split in ("test", "train"))
    findings = [
        _pairs(root, folder / SYNC, FRAMES, _SYNC, None, deep),
        _splits(root, splits_file(folder), test.is_dir()),
        _labeled(root, labeled_file(folder), test.is_dir(), deep),
        _pairs(root, test, LABELED["test"], _PREPARE, SIZE, deep),
    ]
    if train.is_dir():  # nothing reads it
        findings.append(_pairs(root, train, LABELED["train"], _PREPARE, SIZE, deep))
    return findings


def _pairs(
    root: Path, folder: Path, expected: int, note: str, size: Size | None, deep: bool
) -> Finding:
    """The pairs in the scenes of one folder; ``present`` counts pictures with depth."""
    part, images = relative(root, folder), frame_images(folder)
    if not images:
        return Finding(part, 0, expected, missing=(part,), note=note)
    lacking = missing_files(map(depth_file, images))
    absent = frozenset(lacking)
    whole = [image for image in images if depth_file(image) not in absent]
    broken = broken_files(root, {i: partial(_open, i, size) for i in whole}) if deep else ()
    names = tuple(relative(root, path) for path in lacking)
    return Finding(part, len(whole), expected, names, broken, note if lacking else "")


def _open(image: Path, size: Size | None) -> None:
    depth = read_frame(Frame(image, ""), size).truth["depth_m"]
    if not 0 < depth.max() <= DEEPEST:
        raise InputError(f"{depth_file(image)} reaches to {depth.max()} m; get it anew")


def _splits(root: Path, path: Path, spare: bool) -> Finding:
    part, expected = relative(root, path), sum(LABELED.values())
    if not path.is_file():
        return _absent(part, expected, spare)
    try:
        return Finding(part, len(read_splits(path)), expected)
    except InputError as error:
        return Finding(part, 0, expected, broken=(part,), note=str(error))


def _labeled(root: Path, path: Path, spare: bool, deep: bool) -> Finding:
    part, expected = relative(root, path), sum(LABELED.values())
    if not path.is_file():
        return _absent(part, expected, spare)
    try:
        count = len(read_scenes(path))
        for number in range(count if deep else 0):
            read_picture(path, number)
    except InputError as error:
        return Finding(part, 0, expected, broken=(part,), note=str(error))
    return Finding(part, count, expected)


def _absent(part: str, expected: int, spare: bool) -> Finding:
    if spare:
        return Finding(part, 0, note=_SPARE)
    return Finding(part, 0, expected, missing=(part,), note=_SPARE)
