"""LVIS for the released trainer: one plain copy of every picture, 1024 x 1024, objects painted by
place, and pair lists. Checks what of LVIS is there.

Published counts: 100,170 training and 19,809 validation pictures of 1,203 categories.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.lvis import LvisData, lvis_truth, paintable
from painter_kit.data.lvis_files import (
    TRAIN,
    VAL,
    VERSIONS,
    Annotated,
    annotation_file,
    picture_file,
    read_lvis,
)
from painter_kit.data.pairs import write_pair_list
from painter_kit.data.pictures import read_image, write_png
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.data.prepare.check import Files, pictures, relative
from painter_kit.data.prepare.coco_instances import (
    SIDE,
    CopyFiles,
    Placement,
    copy_pairs,
    placed_image,
)
from painter_kit.data.present import require_files
from painter_kit.errors import InputError, MissingError
from painter_kit.tasks.base import get_task
from painter_kit.tasks.kinds import KINDS

VERSION = VERSIONS[0]
FOLDER = "ca_inst"  # in lvis/
COPIES = {TRAIN: "train_org", VAL: "val_org"}
PICTURES = {TRAIN: 100_170, VAL: 19_809}  # as published
_ADVICE = "unpack COCO 2017's train2017 and val2017 into coco/"


def _items(root: Path, options: PrepareOptions) -> Sequence[Item]:
    paths = {part: annotation_file(root, part, VERSION) for part in COPIES}
    present = [part for part, path in paths.items() if path.is_file()]
    if not present:
        read_lvis(paths[VAL])  # says what is missing
    items = []
    for part in present:
        found = [p for p in read_lvis(paths[part]).pictures if paintable(p)]
        require_files((picture_file(root, p.listed) for p in found), _ADVICE)
        for picture in found:
            files = CopyFiles(root / "lvis" / FOLDER, picture.listed.stem, (COPIES[part],))
            items.append(Item(files, partial(make_copy, root, picture, files)))
    return items


def make_copy(root: Path, picture: Annotated, files: CopyFiles) -> None:
    """Write the plain copy of a picture and its painted objects, unless nothing is painted."""
    spec = LvisData(root).spec("instance")
    path = picture_file(root, picture.listed)
    target = get_task("instance").encode(lvis_truth(picture, path), spec, (SIDE, SIDE))
    if target.any():
        image, label = files.pair(files.copies[0])
        write_png(image, placed_image(read_image(path), Placement()))
        write_png(label, target)


def _lists(root: Path, options: PrepareOptions) -> Sequence[Path]:
    lists = []
    for part, copy in COPIES.items():
        folder = root / "lvis" / FOLDER / copy
        if folder.is_dir():
            path = root / "lvis" / FOLDER / f"lvis_{part}_image_inst.json"
            lists.append(write_pair_list(path, copy_pairs(root, folder)))
    return lists


STEPS = (Step("instances", "copies with objects painted by place (large)", _items, _lists),)


def check(root: Path, deep: bool) -> list[Finding]:
    """A Finding per annotation file, and of its pictures per folder that they are in."""
    findings: list[Finding] = []
    for part in COPIES:
        annotations, found = _annotations(root, part)
        findings += [annotations, *_pictures(root, found, deep)]
    return findings


def _annotations(root: Path, part: str) -> tuple[Finding, tuple[Annotated, ...]]:
    path, expected = annotation_file(root, part, VERSION), PICTURES[part]
    name = relative(root, path)
    try:
        content = read_lvis(path)
    except MissingError as error:
        return Finding(name, 0, expected, missing=(name,), note=str(error)), ()
    except InputError as error:
        return Finding(name, 0, expected, broken=(name,), note=str(error)), ()
    kinds = Counter(KINDS[category.kind] for category in content.categories)
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
    note = f"{len(content.categories)} categories: {told}"
    return Finding(name, len(content.pictures), expected, note=note), content.pictures


def _pictures(root: Path, found: Sequence[Annotated], deep: bool) -> Iterator[Finding]:
    folders: dict[Path, list[Path]] = {}
    for picture in found:
        path = picture_file(root, picture.listed)
        folders.setdefault(path.parent, []).append(path)
    for folder, paths in sorted(folders.items()):
        part = relative(root, folder)
        if folder.is_dir():
            yield Files(folder, pictures(paths), _ADVICE).finding(root, deep)
        else:
            yield Finding(part, 0, missing=(part,), note=_ADVICE)
