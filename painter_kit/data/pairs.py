"""Pair lists: JSON arrays of pictures with their painted targets, as the released trainer reads.

Paths are relative to the folder that holds all datasets. ``type`` tells the task; its spelling,
errors included, is part of the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from painter_kit.data.present import is_inside, missing_files
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.files import write_text

# Type string of a pair list -> task.
PAIR_TYPES = {
    "nyuv2_image2depth": "depth",
    "ade20k_image2semantic": "semantic",
    "coco_image2panoptic_sem_seg": "coco-semantic",
    "coco_image2panoptic_inst": "instance",
    "coco_image2pose": "keypoint",
    "ssid_image2denoise": "denoise",
    "derain_image2derain": "derain",
    "lol_image2enhance": "enhance",
}


@dataclass(frozen=True)
class PairEntry:
    """One pair of a list; the fields are the keys of the JSON objects."""

    image_path: str
    target_path: str
    type: str


def present_pairs(root: Path, pairs: Sequence[tuple[Path, Path]], type_: str) -> list[PairEntry]:
    """Entries of the pairs (picture, target) whose files are both there, in the order given."""
    missing = set(missing_files(path for pair in pairs for path in pair))
    return [
        PairEntry(*(path.relative_to(root).as_posix() for path in pair), type=type_)
        for pair in pairs
        if missing.isdisjoint(pair)
    ]


def write_pair_list(path: Path, entries: Iterable[PairEntry]) -> Path:
    """Write the list in the order given, whole or not at all; returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps([asdict(entry) for entry in entries], indent=0) + "\n")
    return path


def read_pair_list(path: Path) -> list[PairEntry]:
    """The entries of a list. Raises ``InputError`` naming the file and what is wrong in it."""
    try:
        values = read_json(path)
    except OSError as error:
        raise InputError(f"pair list {path} cannot be read; painterkit prepare makes it") from error
    except ValueError as error:
        raise InputError(f"pair list {path} is not valid JSON ({error}); make it anew") from error
    if not isinstance(values, list):
        raise InputError(f"pair list {path} must hold a list; make it anew")
    return [_entry(path, number, value) for number, value in enumerate(values)]


def _entry(path: Path, number: int, value: object) -> PairEntry:
    keys = ("image_path", "target_path", "type")
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in keys):
        raise InputError(f"pair list {path}: entry {number} needs the texts {', '.join(keys)}")
    if value["type"] not in PAIR_TYPES:
        known = ", ".join(PAIR_TYPES)
        raise InputError(
            f"pair list {path}: entry {number} has type {value['type']!r:.80}; expected {known}"
        )
    outside = [value[key] for key in keys[:2] if not is_inside(value[key])]
    if outside:
        raise InputError(
            f"pair list {path}: entry {number} has the path {outside[0]!r:.80}; expected one "
            "inside the folder of all data sets, relative to it"
        )
    return PairEntry(*(value[key] for key in keys))
