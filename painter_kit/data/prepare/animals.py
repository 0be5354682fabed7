"""Crops of annotated animals, 256 x 256, with their keypoints painted, and what is on disk.

Every training and validation picture gives a crop per animal with a labelled keypoint; one in which
nothing is painted is not saved. They are for training on animals: evaluation makes its own crops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from painter_kit.data.animal_files import Herd
from painter_kit.data.animals import (
    CANVAS,
    TASK,
    AnimalCrops,
    AnimalData,
    AnimalFiles,
    animals_of,
)
from painter_kit.data.pairs import write_pair_list
from painter_kit.data.pictures import write_png
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.data.prepare.check import Files, pictures, relative
from painter_kit.data.prepare.coco_pose import CropFiles, crop_pairs
from painter_kit.data.present import require_files
from painter_kit.errors import InputError, MissingError
from painter_kit.tasks.base import get_task, make_pair

PAIRS = "data_pair"


@dataclass(frozen=True)
class Herded:
    """A data set to prepare and check.

    ``open`` opens it by its root; ``parts`` are the annotation files to paint, by the name of the
    folder of crops; ``counts`` are the pictures of every annotation file, None where no number is
    published, ``total`` those of the whole set where there is one folder of them.
    """

    open: Callable[[Path], AnimalData]
    parts: Mapping[str, str]
    counts: Mapping[str, int | None]
    total: int | None = None

    def step(self) -> Step:
        """The step that paints the crops."""
        text = "crops of animals with painted keypoints"
        return Step("keypoints", text, partial(_items, self), partial(_lists, self))

    def check(self, root: Path, deep: bool) -> list[Finding]:
        """A Finding per annotation file and folder of pictures; ``deep`` opens every picture."""
        data = self.open(root)
        try:
            folder = data.layout.folder(root, data.name)
        except MissingError as error:
            name = data.layout.folders[0]
            return [Finding(name, 0, missing=(name,), note=str(error))]
        findings, herds = [], {}
        for file, expected in self.counts.items():
            finding, found = _annotations(root, folder, data.layout, file, expected)
            findings.append(finding)
            herds |= {herd.path: herd for herd in found}
        return [*findings, *_pictures(root, herds, data.layout.advice, self.total, deep)]


def crop_folder(part: str) -> str:
    """Where crops of a part are, below ``data_pair``."""
    return f"{part}_{CANVAS[0]}x{CANVAS[1]}"


def _files(herded: Herded, data: AnimalData) -> AnimalFiles:
    return replace(data.layout, files=herded.parts)


def _items(herded: Herded, root: Path, options: PrepareOptions) -> Sequence[Item]:
    data = herded.open(root)
    files = _files(herded, data)
    folder = files.folder(root, data.name)
    items: list[Item] = []
    for part in herded.parts:
        herds = files.herds(folder, part)
        require_files((herd.path for herd in herds), files.advice)
        for herd in herds:
            numbers = tuple(animal.boxed.number for animal in animals_of(herd))
            if numbers:
                place = folder / PAIRS
                out = CropFiles(place, (crop_folder(part),), herd.picture.stem, numbers)
                items.append(Item(out, partial(make_crops, herd, data, out)))
    return items


def make_crops(herd: Herd, data: AnimalData, files: CropFiles) -> None:
    """Write the painted crops of a picture, but for those without any heat."""
    spec = data.spec(TASK)
    for animal, example in zip(animals_of(herd), AnimalCrops(tuple(animals_of(herd))), strict=True):
        pair = make_pair(get_task(TASK), spec, example)
        if pair.target.any():
            for kind, picture in zip(files.kinds, (pair.image, pair.target), strict=True):
                write_png(files.path(files.copies[0], animal.boxed.number, kind), picture)


def _lists(herded: Herded, root: Path, options: PrepareOptions) -> Sequence[Path]:
    data = herded.open(root)
    folder = data.layout.folder(root, data.name)
    lists = []
    for part in herded.parts:
        crops = folder / PAIRS / crop_folder(part)
        if crops.is_dir():
            path = folder / f"{folder.name}_{crop_folder(part).partition('_')[2]}_{part}.json"
            lists.append(write_pair_list(path, crop_pairs(root, crops)))
    return lists


def _annotations(
    root: Path, folder: Path, layout: AnimalFiles, file: str, expected: int | None
) -> tuple[Finding, tuple[Herd, ...]]:
    part = relative(root, folder / file)
    try:
        found = replace(layout, files={file: file}).herds(folder, file)
    except MissingError:
        return Finding(part, 0, expected, missing=(part,), note=layout.advice), ()
    except InputError as error:
        return Finding(part, 0, expected, broken=(part,), note=str(error)), ()
    animals = sum(len(animals_of(herd)) for herd in found)
    return Finding(part, len(found), expected, note=f"{animals} animals with keypoints"), found


def _pictures(
    root: Path, herds: Mapping[Path, Herd], advice: str, total: int | None, deep: bool
) -> list[Finding]:
    """A Finding per folder that annotated pictures are in."""
    folders: dict[Path, list[Path]] = {}
    for path in herds:
        folders.setdefault(path.parent, []).append(path)
    return [
        Files(folder, pictures(paths), advice, total).finding(root, deep)
        for folder, paths in sorted(folders.items())
    ]
