"""Keypoints of animals: crops of single animals to learn from, pictures of all to test on.

Training examples are the crops of annotated animals, ``000000037516_box0``; all of a picture form a
group. Test examples are whole pictures with a crop for each annotated animal that has a labelled
keypoint: published results of these data sets start from the annotated boxes, too. Crops are 256 x
256 (a box enlarged to a square and by a quarter), each followed by that of the mirrored picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.animal_files import Form, Herd, read_herds
from painter_kit.data.base import check_task
from painter_kit.data.coco_people import Boxed, Person, true_boxes
from painter_kit.data.coco_pose import crop_truth, crop_views, picture_truth, read_photograph
from painter_kit.data.crops import Crop, box_crop
from painter_kit.data.present import require_files
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Example, Examples, Size, Spec

CANVAS: Size = (256, 256)
TASK = "keypoint"


@dataclass(frozen=True)
class OneAnimal:
    """An annotated animal of a herd, to be cropped by ``boxed``."""

    herd: Herd
    place: int
    boxed: Boxed

    @property
    def name(self) -> str:
        """Picture and number of the box."""
        return f"{self.herd.picture.stem}_box{self.boxed.number}"

    @property
    def person(self) -> Person:
        """What is annotated of it."""
        return self.herd.picture.persons[self.place]


def animals_of(herd: Herd) -> list[OneAnimal]:
    """The animals to crop: no crowds, with a labelled keypoint and a box that has an area."""
    places = {id(person): place for place, person in enumerate(herd.picture.persons)}
    return [OneAnimal(herd, places[id(person)], b) for person, b in true_boxes(herd.picture)]


def animal_crop(animal: OneAnimal) -> Crop:
    """The crop around the animal's box."""
    return box_crop(animal.boxed.box, canvas=CANVAS)


@dataclass(frozen=True)
class AnimalCrops:
    """The crops of annotated animals with their keypoints, made when asked for."""

    animals: tuple[OneAnimal, ...]

    @property
    def ids(self) -> Sequence[str]:
        """Names of the crops."""
        return [animal.name for animal in self.animals]

    @property
    def groups(self) -> Sequence[str]:
        """Names of the pictures."""
        return [animal.herd.picture.stem for animal in self.animals]

    def __len__(self) -> int:
        return len(self.animals)

    def __getitem__(self, index: int, /) -> Example:
        animal = self.animals[index]
        herd, crop = animal.herd, animal_crop(animal)
        image = read_photograph(herd.path, herd.picture)
        views = crop_views(image, [crop])
        truth = crop_truth(animal.person, crop)
        truth["categories"] = np.array([herd.species[animal.place]])
        return Example(animal.name, herd.picture.stem, views[0], truth, views=views)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class AnimalPictures:
    """Whole pictures with all their animals and the crops to find them in."""

    herds: tuple[Herd, ...]
    joints: int

    @property
    def ids(self) -> Sequence[str]:
        """Names of the pictures."""
        return [herd.picture.stem for herd in self.herds]

    @property
    def groups(self) -> Sequence[str]:
        """Every picture is a group of its own."""
        return self.ids

    def __len__(self) -> int:
        return len(self.herds)

    def __getitem__(self, index: int, /) -> Example:
        herd = self.herds[index]
        image = read_photograph(herd.path, herd.picture)
        animals = animals_of(herd)
        crops = [animal_crop(animal) for animal in animals]
        truth = picture_truth(herd.picture, crops, [1.0] * len(crops), self.joints)
        truth["categories"] = np.array(herd.species, np.int64)
        truth["crop_animals"] = np.array([animal.place for animal in animals], np.int64)
        stem = herd.picture.stem
        return Example(stem, stem, image, truth, views=crop_views(image, crops))

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class AnimalFiles:
    """Where a data set is: one of ``folders`` below the root; in it the annotation ``files`` by
    subset and the folder that file names start from, the first of ``pictures`` that holds one.
    ``advice`` says what to do when something is missing."""

    folders: tuple[str, ...]
    files: Mapping[str, str]
    pictures: tuple[str, ...]
    form: Form
    advice: str

    def folder(self, root: Path | None, data: str) -> Path:
        """The folder of the data set. Raises ``InputError`` without it."""
        if root is None:
            raise InputError(
                f"--data {data} needs --data-root DIR, the folder that holds {self.folders[0]}/"
            )
        there = [root / name for name in self.folders if (root / name).is_dir()]
        if not there:
            raise MissingError(f"folder {root / self.folders[0]} does not exist; {self.advice}")
        return there[0]

    def herds(self, folder: Path, subset: str) -> tuple[Herd, ...]:
        """What is annotated of a subset; no picture is looked for."""
        path, places = folder / self.files[subset], [folder / name for name in self.pictures]
        for place in reversed(places):
            herds = read_herds(path, place, self.form, self.advice)
            if herds and place != places[0] and herds[0].path.is_file():
                return herds
        return read_herds(path, places[0], self.form, self.advice)


@dataclass(frozen=True)
class AnimalData:
    """A data set of animals' keypoints; the root may be named later than the tasks.

    ``background`` keeps only the test pictures with this background (0: all).
    """

    root: Path | None
    name: str
    layout: AnimalFiles
    made: Spec[Any]
    background: int = 0
    tasks: tuple[str, ...] = (TASK,)

    @property
    def sources(self) -> Mapping[str, str]:
        """Training splits are cut from ``train``; without such a subset all from ``all``."""
        if "train" not in self.layout.files:
            return dict.fromkeys(("pool", "select", "confirm", "test"), "all")
        return {"pool": "train", "select": "train", "confirm": "train", "test": "test"}

    def spec(self, task: str) -> Spec[Any]:
        """The constants of the data set. Raises ``InputError`` for another task."""
        check_task(self, task)
        return self.made

    def examples(self, task: str, subset: str) -> Examples:
        """Pictures of the subset ``test``, crops of any other.

        Raises ``InputError`` naming the first file that is missing.
        """
        herds = self._herds(task, subset)
        require_files((herd.path for herd in herds), self.layout.advice)
        if subset == "test":
            return AnimalPictures(herds, len(self.layout.form.names))
        return AnimalCrops(tuple(a for herd in herds for a in animals_of(herd)))

    def categories(self, task: str, subset: str) -> Mapping[str, tuple[str, ...]]:
        """The species in every example, by id; empty where all animals are taken for one."""
        names, herds = self.layout.form.audited, self._herds(task, subset)
        if not names:
            return {}
        if subset == "test":
            return {
                herd.picture.stem: tuple(sorted({names[s] for s in herd.species})) for herd in herds
            }
        animals = [animal for herd in herds for animal in animals_of(herd)]
        return {animal.name: (names[animal.herd.species[animal.place]],) for animal in animals}

    def _herds(self, task: str, subset: str) -> tuple[Herd, ...]:
        check_task(self, task)
        if subset not in self.layout.files:
            known = ", ".join(self.layout.files)
            raise InputError(f"--data {self.name} has the subsets {known}; got {subset!r}")
        folder = self.layout.folder(self.root, self.name)
        herds = self.layout.herds(folder, subset)
        if subset == "test" and self.background:
            herds = tuple(herd for herd in herds if herd.background == self.background)
            if not herds:
                raise InputError(
                    f"--data {self.name}: no picture has the background {self.background}"
                )
        return herds
