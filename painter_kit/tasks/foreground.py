"""Foreground segmentation in two colours that only the prompt tells.

Protocol: painted colours are resized to the truth's resolution as the spec says, quantised to
uint8 and given to the nearer of (background, foreground), background on ties. Pixels whose truth
is 255 count nowhere. Counts are summed over the whole set before IoU, as for classes; values on
the 0..1 scale. ``iou`` is that of the foreground, ``miou`` the mean of both.
Record: values = (1, then 2 counts of the intersection, 2 of the truth, 2 of the prediction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.metrics.confusion import class_counts, class_iou, iou_scores
from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import (
    VOID,
    Rounding,
    nearest_colour,
    paint_labels,
    painted_colours,
    resize_nearest,
)
from painter_kit.types import Image, Record, Size, Spec, Truth, sum_records


@dataclass(frozen=True)
class ForegroundProtocol:
    """How painted levels are quantised before colours are compared."""

    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[Any], size: Size) -> Image:
    """uint8 (H, W, 3): ``mask`` in the coding's (background, foreground); 255 is black."""
    return paint_labels(resize_nearest(truth["mask"], size), spec.coding.palette)


def weight(truth: Truth, spec: Spec[Any], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): 1 on labelled pixels, 0 on ignored ones."""
    known = resize_nearest(truth["mask"], size) != VOID
    return np.repeat(known[..., None].astype(np.float32), 3, axis=2)


def decode(
    painted: npt.NDArray[np.floating], spec: Spec[ForegroundProtocol], size: Size
) -> npt.NDArray[np.uint8]:
    """uint8 (H, W): 1 where the foreground colour is strictly nearer, else 0."""
    picture = painted_colours(painted, size, spec.output_resize, spec.protocol.rounding)
    return nearest_colour(picture, spec.coding.palette)


def measure(prediction: npt.NDArray[np.integer], truth: Truth, spec: Spec[Any]) -> Record:
    """The Record of one mask (H, W) of 0 and 1."""
    counts = class_counts(prediction, truth["mask"], 2, VOID)
    return Record(np.concatenate([[1.0], counts.ravel()]))


def summarise(records: Sequence[Record], spec: Spec[Any]) -> dict[str, float]:
    """iou (primary) of the foreground and miou of both classes, of counts summed over records.

    A set without any foreground, found in the prediction either, has an iou of 1.
    """
    counts = sum_records(records).values[1:].reshape(3, 2)
    iou = np.where(counts[1:].sum(axis=0) > 0, class_iou(counts), 1.0)
    return {"iou": float(iou[1]), "miou": float(iou.mean())}


def summarise_many(
    values: npt.NDArray[np.float64], spec: Spec[Any]
) -> dict[str, npt.NDArray[np.float64]]:
    """``summarise`` of many summed Records, values (R, D) -> name -> (R,)."""
    intersection, truth, prediction = np.moveaxis(values[:, 1:].reshape(-1, 3, 2), 1, 0)
    union = truth + prediction - intersection
    iou = np.divide(intersection, union, out=np.ones_like(union), where=union > 0)
    return {"iou": iou[:, 1], "miou": iou.mean(axis=1)}


def score(records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): first-order contribution of each image to the foreground IoU."""
    counts = np.array([r.values[1:].reshape(3, 2) for r in records])
    return iou_scores(counts, reference.values[1:].reshape(3, 2), reference.values[0], (1,))


def render(prediction: npt.NDArray[np.integer], spec: Spec[Any]) -> Image:
    """uint8 (H, W, 3): the mask in the coding's two colours."""
    return paint_labels(prediction, spec.coding.palette)


TASKS = {
    "foreground": Task(
        "foreground",
        encode,
        weight,
        decode,
        measure,
        summarise,
        score,
        render,
        summarise_many=summarise_many,
    )
}
