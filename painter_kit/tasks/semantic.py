"""Semantic segmentation, painted in one colour per class (paper 3.1).

Protocol: painted colours are resized to the truth's resolution (bilinearly in the released code,
which can make new classes at borders; ``output_resize`` nearest avoids it), truncated to uint8
and given the class of the nearest palette colour, the lowest on ties. Without ``void`` there is
no background class. Pixels whose truth is 255 count nowhere. Counts are summed over the whole
set before mIoU, the mean over classes that the truth has; all values on the 0..1 scale (as
detectron2, which multiplies by 100).
Record: values = (1, then K counts of the intersection, K of the truth, K of the prediction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.confusion import class_counts, iou_scores, segmentation_metrics
from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import (
    VOID,
    ColourDistance,
    Rounding,
    nearest_colour,
    paint_labels,
    painted_colours,
    resize_nearest,
)
from painter_kit.types import Image, Record, Size, Spec, Truth, sum_records


@dataclass(frozen=True)
class SemanticProtocol:
    """How colours become classes.

    ``distance`` between colours: the sum over channels of absolute (released default) or
    squared differences, or the mean of both. ``void``: pixels nearer to black than to any class
    become 255 (released code: never). ``margin``: pixels whose nearest colour does not lead the
    second by this distance become 255 (0 = never).
    """

    distance: ColourDistance = "abs"
    void: bool = False
    margin: float = 0.0
    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[Any], size: Size) -> Image:
    """uint8 (H, W, 3): ``labels`` in the coding's palette; 255 (ignored) is black."""
    return paint_labels(resize_nearest(truth["labels"], size), spec.coding.palette)


def weight(truth: Truth, spec: Spec[Any], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): 1 on labelled pixels, 0 on ignored ones."""
    known = resize_nearest(truth["labels"], size) != VOID
    return np.repeat(known[..., None].astype(np.float32), 3, axis=2)


def decode(
    painted: npt.NDArray[np.floating], spec: Spec[SemanticProtocol], size: Size
) -> npt.NDArray[np.uint8]:
    """uint8 (H, W): the class of the nearest palette colour, 255 where there is none."""
    protocol = spec.protocol
    picture = painted_colours(painted, size, spec.output_resize, protocol.rounding)
    colours = spec.coding.palette + (((0, 0, 0),) if protocol.void else ())
    labels = nearest_colour(picture, colours, protocol.distance, protocol.margin)
    labels[labels == len(spec.coding.palette)] = VOID
    return labels


def measure(prediction: npt.NDArray[np.integer], truth: Truth, spec: Spec[Any]) -> Record:
    """The Record of one label map (H, W)."""
    counts = class_counts(prediction, truth["labels"], len(spec.coding.palette), VOID)
    return Record(np.concatenate([[1.0], counts.ravel()]))


def summarise(records: Sequence[Record], spec: Spec[Any]) -> dict[str, float]:
    """miou (primary), macc, pacc and fwiou, all 0..1, of counts summed over the records."""
    try:
        return segmentation_metrics(sum_records(records).values[1:].reshape(3, -1))
    except ValueError as error:
        raise InputError(
            f"task {spec.task} on {spec.data}: every pixel of the truth is {VOID} (ignored); "
            "label some pixels or choose other images"
        ) from error


def score(records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): first-order contribution of each image to mIoU at ``reference``."""
    counts = np.array([r.values[1:].reshape(3, -1) for r in records])
    return iou_scores(counts, reference.values[1:].reshape(3, -1), reference.values[0])


def render(prediction: npt.NDArray[np.integer], spec: Spec[Any]) -> Image:
    """uint8 (H, W, 3): the label map in the coding's palette, void black."""
    return paint_labels(prediction, spec.coding.palette)


TASKS = {
    name: Task(
        name, encode, weight, decode, measure, summarise, score, render, segment_type="semantic"
    )
    for name in ("semantic", "coco-semantic")
}
