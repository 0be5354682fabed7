"""What keeps predictions: where files are, what they are for, and which ids they use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from painter_kit.data.coco_categories import IDS, THINGS
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.evaluation.sharing import Keeper
from painter_kit.files import write_text
from painter_kit.types import Spec

STAMP = "kept.json"
ADE20K = "ade20k"
COCO = "coco"


class Kept(Keeper, Protocol):
    """A ``Keeper`` of one task's predictions in one folder."""

    def finish(self, names: Sequence[str]) -> list[Path]:
        """Put together what belongs into one file for the examples ``names``.

        Returns what is to be handed in: files, or the folder of one picture per example.
        """
        ...


def file_of(folder: Path, name: str, suffix: str) -> Path:
    """The file of the example ``name``, which may have folders (``Test100/12``).

    Raises ``InputError`` for a name that would leave ``folder``.
    """
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or not place.name:
        raise InputError(f"example {name!r} cannot name a file; rename its picture")
    return folder.joinpath(*place.parts[:-1], f"{place.name}{suffix}")


def flat_name(name: str) -> str:
    """The name without folders: ``kitchen_0001/rgb_00045`` -> ``kitchen_0001_rgb_00045``."""
    return name.replace("/", "_")


def image_id(name: str) -> int | str:
    """COCO's number of a picture, which is its name; other names stand for themselves."""
    return int(name) if name.isdecimal() else name


def category_ids(spec: Spec[Any], classes: int) -> list[int]:
    """The benchmark's id of each class: COCO's 1..200, ADE20K's 1..150, else the class index."""
    if spec.data == COCO:
        return list(IDS[:classes])
    first = 1 if spec.data == ADE20K else 0
    return list(range(first, first + classes))


def thing_ids(spec: Spec[Any]) -> list[int]:
    """``category_ids`` of the classes that instances have."""
    return category_ids(spec, THINGS if spec.data == COCO else len(spec.classes))


def claim(folder: Path, about: Mapping[str, str]) -> None:
    """Note in ``folder`` what its predictions are of, or check that they are of the same.

    Raises ``InputError`` when the folder holds predictions of something else, which would
    otherwise be mixed.
    """
    path = folder / STAMP
    if not path.exists():
        write_text(path, json.dumps(about, indent=1) + "\n")
        return
    try:
        held = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read; remove {folder} or use another --out") from error
    if not isinstance(held, dict):
        raise InputError(f"{path} is not ours; remove {folder} or use another --out")
    other = [key for key, value in about.items() if held.get(key) != value]
    if other:
        raise InputError(
            f"{folder} holds predictions of another {' and '.join(other)}; use another --out or "
            "--overwrite"
        )
