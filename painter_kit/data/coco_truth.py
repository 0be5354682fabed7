"""Ground truth of one picture of COCO, by task, from its annotations.

Everything is at the picture's own size. Painted files are not read.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data import coco_files as files
from painter_kit.data.coco_categories import NAMES
from painter_kit.data.coco_files import Outline, Outlined, Segmented
from painter_kit.data.pictures import read_index
from painter_kit.errors import InputError
from painter_kit.tasks.colors import VOID
from painter_kit.types import Size, Truth


class Entry(NamedTuple):
    """One picture of ``folder/split`` and what the annotations say of it."""

    folder: Path
    split: str
    name: str
    segmented: Segmented | None = None
    outlined: Outlined | None = None

    @property
    def image(self) -> Path:
        """The photograph."""
        return self.folder / self.split / f"{self.name}.jpg"

    @property
    def png(self) -> Path:
        """The panoptic PNG, whose colours are segment ids."""
        return files.panoptic_pngs(self.folder, self.split) / f"{self.name}.png"

    @property
    def index_png(self) -> Path:
        """The label map of ``prepare``'s step semseg."""
        return self.folder / files.SEMSEG / f"{self.name}.png"

    @property
    def segments(self) -> npt.NDArray[np.void]:
        """The ``SEGMENT`` (N,) of the panoptic annotation; none without one."""
        return np.zeros(0, files.SEGMENT) if self.segmented is None else self.segmented.segments

    @property
    def objects(self) -> tuple[Outline, ...]:
        """The objects of the instance annotation; none without one."""
        return () if self.outlined is None else self.outlined.outlines

    @property
    def size(self) -> Size:
        """(H, W) as annotated; (0, 0) for a picture without annotations."""
        annotated = self.segmented or self.outlined
        return (0, 0) if annotated is None else annotated.size


def semantic_truth(entry: Entry) -> Truth:
    """``labels`` uint8 (H, W): class index of every segment, crowds too; 255 is unlabelled."""
    segments = entry.segments
    classes = np.concatenate([[VOID], segments["category"]]).astype(np.uint8)
    return {"labels": classes[files.read_segments(entry.png, segments)]}


def index_truth(entry: Entry) -> Truth:
    """``labels`` uint8 (H, W) as ``panoptic_semseg_val2017`` holds them."""
    labels = read_index(entry.index_png)
    wrong = labels[(labels != VOID) & (labels >= len(NAMES))]
    if wrong.size:
        raise InputError(f"{entry.index_png} holds class {wrong[0]}; expected 0..132 or 255")
    return {"labels": labels.astype(np.uint8)}


def thing_truth(entry: Entry) -> Truth:
    """Instances to paint: ``masks`` bool (N, H, W), which do not overlap, and ``categories``."""
    segments = entry.segments
    chosen = np.flatnonzero(segments["instance"])
    found = files.read_segments(entry.png, segments)
    return {
        "masks": found == chosen[:, None, None] + 1,
        "crowd": np.zeros(len(chosen), bool),
        "categories": segments["category"][chosen].astype(np.int64),
    }


def outline_truth(entry: Entry) -> Truth:
    """Instances to measure by: ``masks``, ``crowd``, ``areas`` (as annotated), ``categories``."""
    return {
        "masks": files.outline_masks(entry.objects, entry.size, entry.image),
        "crowd": np.array([o.crowd for o in entry.objects], bool),
        "areas": np.array([o.area for o in entry.objects], np.float64),
        "categories": np.array([o.category for o in entry.objects], np.int64),
    }


def panoptic_truth(entry: Entry) -> Truth:
    """``segments`` int32 (H, W), ``categories`` and ``crowd`` (N,); where the picture has instance
    annotations also ``mask_categories``, ``mask_crowd``, ``mask_areas`` and their ``masks``."""
    segments = entry.segments
    truth: dict[str, np.ndarray] = {
        "segments": files.read_segments(entry.png, segments),
        "categories": segments["category"].astype(np.int64),
        "crowd": segments["crowd"].astype(bool),
    }
    if entry.outlined is not None:
        objects = outline_truth(entry)
        truth["masks"] = objects["masks"]
        truth |= {f"mask_{name}": objects[name] for name in ("categories", "crowd", "areas")}
    return truth
