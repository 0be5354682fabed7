"""Predictions as COCO's results JSON: instances with run lengths, persons with keypoints.

There is one small file per picture while an evaluation runs, and one list in the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.evaluation.kept.base import file_of, image_id
from painter_kit.files import write_text
from painter_kit.types import Example, Painted, Spec

# Class-agnostic instances have no class. COCO's tools want one that the truth knows, and ignore
# it with useCats = 0.
NO_CLASS = 1
PERSON = 1
PARTS = "parts"

Entries = Callable[[int | str, Any, Spec[Any]], list[dict[str, Any]]]


@dataclass(frozen=True)
class ResultFiles:
    """One list of results in ``folder/name``, made of one file per picture in ``folder/parts``."""

    folder: Path
    name: str
    entries: Entries

    def has(self, name: str) -> bool:
        """Whether the file of this picture is there."""
        return self._part(name).is_file()

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Write the file of one picture."""
        self.write(example.id, self.entries(image_id(example.id), prediction, spec))

    def write(self, name: str, entries: Sequence[Any]) -> None:
        """Write these entries as those of one picture."""
        write_text(self._part(name), json.dumps(entries, separators=(",", ":")))

    def read(self, name: str) -> list[Any]:
        """The entries of one picture. Raises ``InputError`` when they are gone or broken."""
        path = self._part(name)
        try:
            entries = read_json(path)
            if isinstance(entries, list):
                return entries
            reason = "it holds no list"
        except (OSError, ValueError) as error:
            reason = str(error)
        raise InputError(
            f"kept prediction {path} cannot be read ({reason}); remove it and run again"
        )

    def finish(self, names: Sequence[str]) -> list[Path]:
        """Write the list of all pictures, in order of their names."""
        entries = [entry for name in sorted(names) for entry in self.read(name)]
        path = self.folder / self.name
        write_text(path, json.dumps(entries, separators=(",", ":")) + "\n")
        return [path]

    def _part(self, name: str) -> Path:
        return file_of(self.folder / PARTS, name, ".json")


def run_lengths(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """COCO's compressed run lengths of a mask (H, W), as JSON takes them."""
    from pycocotools import mask as coco

    encoded: Any = coco.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": encoded["counts"].decode()}


def mask_entries(
    picture: int | str,
    masks: npt.NDArray[np.bool_],
    scores: npt.NDArray[np.floating],
    categories: Sequence[int],
) -> list[dict[str, Any]]:
    """Results of the masks (N, H, W) of one picture.

    There is no box: COCO's tools would take the area from it, and with it the sizes small,
    medium and large (the released code writes boxes of zeros).
    """
    return [
        {
            "image_id": picture,
            "category_id": int(category),
            "segmentation": run_lengths(mask),
            "score": float(score),
        }
        for mask, score, category in zip(masks, scores, categories, strict=True)
    ]


def instance_entries(picture: int | str, prediction: Any, spec: Spec[Any]) -> list[dict[str, Any]]:
    """Results of class-agnostic ``Instances``."""
    categories = [NO_CLASS] * len(prediction.scores)
    return mask_entries(picture, prediction.masks, prediction.scores, categories)


def keypoint_entries(picture: int | str, prediction: Any, spec: Spec[Any]) -> list[dict[str, Any]]:
    """Results of the persons of one picture, or of a picture of one person.

    Each keypoint is x, y and its score; a person's score is that of the prediction, or of a
    single person the mean of the keypoints' scores. The category is that of persons, for animals
    too: which species a box is of is part of the truth, not of what was found.
    """
    if hasattr(prediction, "person_scores"):
        points, scores = prediction.points, prediction.scores
        persons = prediction.person_scores
    else:
        points, scores = prediction.points[None], prediction.scores[None]
        persons = prediction.scores.mean(keepdims=True)
    return [
        {
            "image_id": picture,
            "category_id": PERSON,
            "keypoints": np.column_stack([where, found]).ravel().round(4).tolist(),
            "score": float(score),
        }
        for where, found, score in zip(points, scores, persons, strict=True)
    ]
