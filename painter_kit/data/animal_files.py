"""Annotation files of animals: COCO's form with keypoints, and the first form of Animal-Pose.

COCO's form: ``images`` (``id``, ``file_name``, ``width``, ``height`` and in AP-10K ``background``),
``annotations`` (``image_id``, ``category_id``, ``keypoints`` as x, y and visibility in turn,
``bbox`` as x, y, width and height, ``area``), ``categories`` with the ``keypoints``' names.

The first form, Animal-Pose's own ``keypoints.json``, differs: ``images`` maps ids to file names,
``bbox`` is xmin, ymin, xmax, ymax, ``keypoints`` is a list per keypoint, visible (1) or not (0),
and neither sizes nor areas are told: they are those of the picture and of the box.

Keypoints are brought into the order of the names asked for, whatever the spelling of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data.coco_people import Peopled, Person, are_places
from painter_kit.data.pictures import picture_size
from painter_kit.documents import read_json
from painter_kit.errors import InputError, MissingError

_SPELLINGS = {
    **{"l": "left", "r": "right", "f": "front", "b": "back"},
    **{"earbase": "ear_base", "ear": "ear_base", "tailbase": "tail_base", "tail": "tail_base"},
}


class Form(NamedTuple):
    """What a data set's files hold: the ``names`` of the keypoints, the ``species`` of its
    categories (id 1 first; none where all are taken for one), and how many ``backgrounds``."""

    names: tuple[str, ...]
    species: tuple[str, ...] = ()
    backgrounds: int = 0

    @property
    def audited(self) -> tuple[str, ...]:
        """The species by names that no other thing has: COCO's mouse is one of computers."""
        return tuple(f"{name} (animal)" if name == "mouse" else name for name in self.species)


class Herd(NamedTuple):
    """A picture file with its animals, each of the species (index) in its place; ``background``
    counts from 1, 0 where it is not told."""

    path: Path
    picture: Peopled
    species: tuple[int, ...]
    background: int


def read_herds(path: Path, folder: Path, form: Form, advice: str) -> tuple[Herd, ...]:
    """The pictures of an annotation file in order of their ids, with animals or without.

    ``folder`` is where file names start. Parsed once per process. Raises ``InputError`` naming the
    file and what is wrong in it; ``advice`` says what to do when it is not there.
    """
    if not path.is_file():
        raise MissingError(f"{path} does not exist; {advice}")
    status = path.stat()
    return _herds(path, folder, form, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=8)
def _herds(path: Path, folder: Path, form: Form, stamp: tuple[int, int]) -> tuple[Herd, ...]:
    try:
        content = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error}); get it anew") from error
    lacking = [k for k in ("images", "annotations", "categories") if not _listed(content, k)]
    if lacking:
        raise InputError(f"{path} has no {lacking[0]}; expected annotations as COCO has them")
    order = _order(path, content["categories"], form)
    first = isinstance(content["images"], dict)
    animals: dict[int, list[tuple[Person, int]]] = {}
    for number, entry in enumerate(content["annotations"]):
        where = f"{path}: annotation {_id(entry, number)}"
        person = _person(where, entry, order, first)
        animals.setdefault(person.image_id, []).append((person, _species(where, entry, form)))
    pictures = [_picture(path, entry, folder, form) for entry in _images(content["images"])]
    _check_ids(path, [herd.picture for herd in pictures], animals)
    made = [
        herd._replace(
            picture=herd.picture._replace(persons=tuple(p for p, _ in own)),
            species=tuple(s for _, s in own),
        )
        for herd in pictures
        for own in [animals.get(herd.picture.image_id, [])]
    ]
    return tuple(sorted(made, key=lambda herd: herd.picture.image_id))


def _listed(content: Any, key: str) -> bool:
    return isinstance(content, dict) and isinstance(content.get(key), list | dict)


def _id(entry: Any, number: int) -> object:
    return entry.get("id", number) if isinstance(entry, dict) else number


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def plain_name(name: str) -> str:
    """A keypoint's name as it is spelled here: ``L_F_Elbow`` -> ``left_front_elbow``."""
    words = re.split(r"[_ ]+", name.strip().lower())
    if words[-1] == "tail":  # "root of tail"
        return "_".join(words) if len(words) > 1 else "tail_base"
    return "_".join(_SPELLINGS.get(word, word) for word in words)


def _order(path: Path, categories: Sequence[Any], form: Form) -> npt.NDArray[np.intp]:
    """Where each of the form's keypoints is in the file."""
    spelled = {
        tuple(str(name) for name in _as_list(c.get("keypoints")))
        for c in categories
        if isinstance(c, dict)
    }
    if len(spelled) != 1:
        raise InputError(
            f"{path}: its categories name {len(spelled)} sets of keypoints; expected one"
        )
    held = [plain_name(str(name)) for name in spelled.pop()]
    if sorted(held) != sorted(form.names):
        odd = sorted(set(held) ^ set(form.names))
        raise InputError(
            f"{path}: categories name {len(held)} keypoints, expected the {len(form.names)} "
            f"{', '.join(form.names)}; they differ in {', '.join(odd) or 'number'}"
        )
    for number, name in enumerate(form.species, start=1):
        own = [c.get("name") for c in categories if isinstance(c, dict) and c.get("id") == number]
        if own != [name]:
            raise InputError(
                f"{path}: category {number} is {own[0] if own else 'missing'}, expected {name!r}; "
                "get the annotations of the data set's last release"
            )
    return np.array([held.index(name) for name in form.names])


def _person(where: str, entry: Any, order: npt.NDArray[np.intp], first: bool) -> Person:
    try:
        keypoints = np.asarray(entry["keypoints"], np.float64).reshape(-1, 3)
        x, y, right, lower = (float(value) for value in entry["bbox"])
        image = int(entry["image_id"])
        area = float(entry["area"]) if "area" in entry else None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise InputError(f"{where}: {reason}; expected image_id, bbox and keypoints") from error
    if len(keypoints) != len(order) or not are_places(np.array([*keypoints.ravel(), x, y])):
        raise InputError(
            f"{where}: keypoints must be {3 * len(order)} numbers, three for each of the "
            f"{len(order)} names, in or near the picture"
        )
    box = (x, y, right - x, lower - y) if first else (x, y, right, lower)
    keypoints = keypoints[order]
    keypoints[keypoints[:, 2] <= 0] = 0
    labelled = int(np.count_nonzero(keypoints[:, 2]))
    area = box[2] * box[3] if area is None else area
    return Person(image, box, area, bool(entry.get("iscrowd", 0)), labelled, keypoints)


def _species(where: str, entry: Mapping[str, Any], form: Form) -> int:
    if not form.species:
        return 0
    category = entry.get("category_id")
    if not isinstance(category, int) or not 1 <= category <= len(form.species):
        raise InputError(f"{where}: category_id {category} must be 1 to {len(form.species)}")
    return category - 1


def _images(images: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(images, dict):
        yield from ({"id": number, "file_name": name} for number, name in images.items())
    else:
        yield from images


def _picture(path: Path, entry: Any, folder: Path, form: Form) -> Herd:
    try:
        number, name = int(entry["id"]), PurePosixPath(str(entry["file_name"]))
        told = (int(entry["height"]), int(entry["width"])) if "height" in entry else None
        background = int(entry.get("background", 0))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: an entry of images has no usable {error}; expected id, file_name, width and "
            "height"
        ) from error
    if name.is_absolute() or ".." in name.parts:
        raise InputError(f"{path}: file_name {name} must be a path inside {folder}")
    if not 0 <= background <= form.backgrounds:
        raise InputError(
            f"{path}: image {number} has background {background}, expected 1 to {form.backgrounds}"
        )
    file = folder / name
    size = told or picture_size(file)
    return Herd(file, Peopled(number, file.stem, size, ()), (), background)


def _check_ids(path: Path, pictures: Sequence[Peopled], animals: Mapping[int, object]) -> None:
    known = {picture.image_id for picture in pictures}
    alone = sorted(set(animals) - known)
    if alone:
        raise InputError(f"{path} annotates the image {alone[0]} but does not list it")
    if len(known) < len(pictures) or len({p.stem for p in pictures}) < len(pictures):
        raise InputError(f"{path} lists a picture twice; every id and file name must be its own")
