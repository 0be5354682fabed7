"""Panoptic predictions as the benchmark takes them: PNGs of segment ids, and one JSON file.

A segment's id is written as the colour R = id mod 256, G = id / 256 mod 256, B = id / 65536; 0 is
no segment. Beside them stand the instances with the classes that they were given, as COCO's
results.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.data.pictures import write_png
from painter_kit.evaluation.kept.base import category_ids, file_of, image_id, thing_ids
from painter_kit.evaluation.kept.results import ResultFiles, mask_entries
from painter_kit.files import write_text
from painter_kit.types import Example, Image, Painted, Spec

INSTANCES, PANOPTIC = "instances.json", "panoptic.json"


class PanopticFiles:
    """``folder/panoptic/NAME.png``, ``folder/panoptic.json`` and ``folder/instances.json``.

    Predictions have ``segments`` int32 (H, W), 0 none and i + 1 segment i, ``categories`` (N,),
    and before the merge ``masks`` (M, H, W), ``scores`` and ``labels`` (M,).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pngs = folder / "panoptic"
        self._instances = ResultFiles(folder, INSTANCES, _instances)
        self._segments = ResultFiles(folder / "segments", PANOPTIC, _entries)

    def has(self, name: str) -> bool:
        """Whether everything of this picture is there; its segments are written last."""
        return self._segments.has(name) and self._instances.has(name) and self._png(name).is_file()

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Write the PNG, the instances and the segments of one picture."""
        write_png(self._png(example.id), id_colours(prediction.segments))
        self._instances.keep(example, painted, prediction, spec)
        self._segments.keep(example, painted, prediction, spec)

    def finish(self, names: Sequence[str]) -> list[Path]:
        """Write both JSON files; returned with the folder of PNGs."""
        annotations = [
            {
                "image_id": image_id(name),
                "file_name": self._png(name).relative_to(self._pngs).as_posix(),
                "segments_info": self._segments.read(name),
            }
            for name in sorted(names)
        ]
        path = self.folder / PANOPTIC
        write_text(path, json.dumps({"annotations": annotations}, separators=(",", ":")) + "\n")
        return [self._pngs, path, *self._instances.finish(names)]

    def _png(self, name: str) -> Path:
        return file_of(self._pngs, name, ".png")


def id_colours(ids: npt.NDArray[np.integer]) -> Image:
    """uint8 (H, W, 3): segment ids as colours."""
    return np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)


def _entries(picture: int | str, prediction: Any, spec: Spec[Any]) -> list[dict[str, Any]]:
    return segment_entries(prediction, spec)


def segment_entries(prediction: Any, spec: Spec[Any]) -> list[dict[str, Any]]:
    """The segments that are in the picture, with their classes as the benchmark numbers them."""
    ids = category_ids(spec, len(spec.classes))
    areas = np.bincount(prediction.segments.ravel(), minlength=len(prediction.categories) + 1)[1:]
    return [
        {"id": number, "category_id": ids[int(category)], "area": int(area)}
        for number, (category, area) in enumerate(
            zip(prediction.categories, areas, strict=True), start=1
        )
        if area > 0
    ]


def _instances(picture: int | str, prediction: Any, spec: Spec[Any]) -> list[dict[str, Any]]:
    ids = thing_ids(spec)
    categories = [ids[int(label)] for label in prediction.labels]
    return mask_entries(picture, prediction.masks, prediction.scores, categories)
