"""Painted foreground pairs of few-shot data, and what is missing of the pictures and masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from painter_kit.data.class_masks import ClassMask, ClassMaskData
from painter_kit.data.pairs import present_pairs, write_pair_list
from painter_kit.data.pictures import picture_size, read_image, write_png
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.data.prepare.check import broken_files, relative
from painter_kit.data.present import missing_files
from painter_kit.errors import InputError, MissingError
from painter_kit.tasks.base import get_task

PAINTED = "painted"
Entries = Callable[[Path], Sequence[ClassMask]]


def painted_file(folder: Path, entry: ClassMask) -> Path:
    """The painted mask of an example: ``painted/CATEGORY/NAME.png``."""
    return folder / PAINTED / entry.category / f"{entry.name}.png"


def write_painted(folder: Path, entry: ClassMask, data: str) -> None:
    """Write ``painted_file``: the category and everything else in two greys."""
    mask = entry.read_mask()
    spec = ClassMaskData(data, {}, {}, "").spec("foreground")
    height, width = mask.shape
    write_png(
        painted_file(folder, entry),
        get_task("foreground").encode({"mask": mask}, spec, (height, width)),
    )


def foreground_step(data: str, entries: dict[str, Entries], advice: str) -> Step:
    """The step that paints every example of the subsets ``entries`` and lists the pairs of each.

    ``entries[subset](folder)`` lists the examples; a subset whose lists are missing is left out
    unless all are.
    """
    return Step(
        "foreground",
        "masks of every picture and category in two greys",
        partial(_items, data, entries, advice),
        partial(_lists, data, entries),
    )


def _present(
    folder: Path, entries: dict[str, Entries]
) -> Iterator[tuple[str, Sequence[ClassMask]]]:
    for subset, listed in entries.items():
        try:
            found = listed(folder)
        except MissingError:
            continue
        missing = set(missing_files(entry.mask for entry in found))
        yield subset, [entry for entry in found if entry.mask not in missing]


def _items(
    data: str, entries: dict[str, Entries], advice: str, root: Path, options: PrepareOptions
) -> Sequence[Item]:
    folder = root / data
    found = [entry for _, listed in _present(folder, entries) for entry in listed]
    if not found:
        raise MissingError(f"{folder} holds no masks; {advice}")
    return [
        Item((painted_file(folder, entry),), partial(write_painted, folder, entry, data))
        for entry in {entry.id: entry for entry in found}.values()
    ]


def _lists(
    data: str, entries: dict[str, Entries], root: Path, options: PrepareOptions
) -> Sequence[Path]:
    folder, made = root / data, []
    for subset, listed in _present(folder, entries):
        files = [(entry.image, painted_file(folder, entry)) for entry in listed]
        pairs = present_pairs(root, files, f"{data}_image2foreground")
        if pairs:
            path = folder / f"{data}_{subset}_image_foreground.json"
            made.append(write_pair_list(path, pairs))
    return made


def subset_findings(
    root: Path,
    name: str,
    entries: Sequence[ClassMask],
    expected: int | None,
    note: str,
    deep: bool,
) -> list[Finding]:
    """What is there of the pictures and of the masks that a list names; ``deep`` opens all.

    ``expected`` counts examples as published; a picture of several categories is one file.
    """
    found = Finding(f"{name} examples", len(entries), expected, note="" if entries else note)
    pictures = {entry.image: partial(read_image, entry.image) for entry in entries}
    masks: dict[Path, list[ClassMask]] = {}
    for entry in entries:
        masks.setdefault(entry.mask, []).append(entry)
    openings = {path: partial(_check_masks, shown) for path, shown in masks.items()}
    files = {"pictures": pictures, "masks": openings}
    return [found, *(_files(root, f"{name} {w}", paths, note, deep) for w, paths in files.items())]


def _files(
    root: Path, part: str, paths: Mapping[Path, Callable[[], object]], note: str, deep: bool
) -> Finding:
    absent = missing_files(paths)
    there = {path: opening for path, opening in paths.items() if path not in {*absent}}
    return Finding(
        part,
        len(there),
        missing=tuple(relative(root, path) for path in absent),
        broken=broken_files(root, there) if deep else (),
        note=note if absent else "",
    )


def _check_masks(entries: Sequence[ClassMask]) -> None:
    for entry in entries:
        check_mask(entry)


def check_mask(entry: ClassMask) -> None:
    """Raise ``InputError`` unless the mask shows its category at the picture's size."""
    size = entry.read_mask().shape
    if entry.image.is_file() and size != picture_size(entry.image):
        raise InputError(f"{entry.mask} and {entry.image} differ in size; get both anew")
