"""Class-agnostic instances, each painted in the colour of its place (paper 3.1).

Protocol: painted colours are resized to the truth's resolution (nearest in the released code)
and truncated to uint8; every place whose colour is near enough to some pixels is a candidate,
scored by their mean distance; the best go through matrix NMS. AP as COCO defines it, without
classes: IoU 0.50 to 0.95, 101-point interpolation, at most 100 detections per picture, crowds
neither hit nor miss; 0..1 scale, aggregated over the whole set and never averaged over images.
Where the truth has annotated areas also ``ap_small``, ``ap_medium`` and ``ap_large``; a detection
has the area of its mask. ``mean_iou`` is the mean over true instances of their IoU with the
prediction, matched one to one for the largest sum; ``ar`` the share of true instances that are
matched, mean over the ten thresholds. Where the truth tells kinds of categories, ``tasks/kinds.py``
adds the recall of each.
Record: values = (1, sum of matched IoU, hits at each of the ten thresholds, true instances without
crowds of all, small, medium and large areas, what kinds add, and, where the primary metric is an
AP, detections by score at its thresholds); payload = the detections' scores and hits
(``metrics.precision.DETECTION``).
Score: first-order contribution to the AP that is the primary metric
(``metrics/precision_score.py``), otherwise to ``ar``.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.detection import THRESHOLDS, flags, largest_sum, mask_iou
from painter_kit.metrics.nms import Kernel, matrix_nms
from painter_kit.metrics.precision import (
    AREAS,
    PRECISIONS,
    count_areas,
    match_areas,
    precision_metrics,
)
from painter_kit.metrics.precision_score import level_counts, precision_scores
from painter_kit.metrics.ratio import ratio_scores
from painter_kit.tasks.base import Task, known_metrics
from painter_kit.tasks.candidates import masks_of, near_places, overlaps
from painter_kit.tasks.colors import Rounding, painted_colours, ramp_table, resize_nearest
from painter_kit.tasks.kinds import KINDS, kind_metrics, kind_values
from painter_kit.types import Image, Record, Size, Spec, Truth

_HITS = slice(2, 2 + len(THRESHOLDS))  # in the values of a Record
_KINDS = slice(_HITS.stop + len(AREAS), _HITS.stop + len(AREAS) + 2 * len(KINDS))


class Instances(NamedTuple):
    """Predicted instances, best first: ``masks`` bool (N, H, W), ``scores`` float32 (N,) 0..1."""

    masks: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float32]


@dataclass(frozen=True)
class InstanceProtocol:
    """Constants of painting and decoding; the defaults are the released ones for COCO.

    The picture is a grid of ``(blocks * cells) ** 2`` places: the block gives red, row and
    column of the cell inside the block green and blue, between the two colours of the coding's
    ramp (``colors.LOCATION_CODING``). ``distance_threshold``: mean absolute difference per
    channel (0..255) under which a pixel belongs to a place. ``ignore_black``: pixels nearer to
    black than to any place belong to none (released code: they do). ``candidates`` go into
    matrix NMS with ``nms_kernel`` and ``nms_sigma``, ``keep`` come out. ``near_empty``: with
    fewer foreground elements (pixels x channels) the target does not count in the loss.
    ``shown``: ``render`` leaves out instances that score less.
    """

    blocks: int = 4
    cells: int = 20
    distance_threshold: float = 19.0
    ignore_black: bool = False
    candidates: int = 2000
    nms_kernel: Kernel = "gaussian"
    nms_sigma: float = 2.0
    keep: int = 100
    near_empty: int = 300
    shown: float = 0.55
    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[InstanceProtocol], size: Size) -> Image:
    """uint8 (H, W, 3): every mask (N, H, W) in the colour of its centre of mass, on black.

    Masks are resized first; crowds are not painted; a later mask covers an earlier one.
    """
    pixels = np.zeros((size[0] * size[1], 3), np.uint8)
    crowd = truth.get("crowd")
    for index, full in enumerate(truth["masks"]):
        if crowd is not None and crowd[index]:
            continue
        places = np.flatnonzero(resize_nearest(full, size))
        if len(places):
            rows, columns = np.divmod(places, size[1])
            pixels[places] = place_colour(rows.mean(), columns.mean(), spec, size)
    return pixels.reshape(*size, 3)


def place_colour(
    row: float, column: float, spec: Spec[InstanceProtocol], size: Size
) -> npt.NDArray[np.uint8]:
    """uint8 (3,): the colour of an instance centred at this pixel of a picture of ``size``."""
    blocks, cells = spec.protocol.blocks, spec.protocol.cells
    last = blocks * cells - 1
    block_y, cell_y = divmod(int(row / size[0] * last), cells)
    block_x, cell_x = divmod(int(column / size[1] * last), cells)
    levels = place_levels(spec)
    return np.array(
        [levels[0][blocks * block_y + block_x], levels[1][cell_y], levels[2][cell_x]], np.uint8
    )


def place_levels(spec: Spec[InstanceProtocol]) -> tuple[npt.NDArray[np.uint8], ...]:
    """Levels of red (blocks ** 2,), green (cells,) and blue (cells,) that places are painted in.

    The palette is their product, red slowest: place ((block * cells) + cell row) * cells + cell
    column.
    """
    ramp, protocol = spec.coding.ramp, spec.protocol
    fine = ramp_table(ramp, protocol.cells)
    return ramp_table(ramp, protocol.blocks**2)[:, 0], fine[:, 1], fine[:, 2]


def weight(truth: Truth, spec: Spec[InstanceProtocol], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): ones, or zeros when almost nothing is painted."""
    foreground = np.count_nonzero(encode(truth, spec, size))
    return np.full((*size, 3), foreground >= spec.protocol.near_empty, np.float32)


def decode(
    painted: npt.NDArray[np.floating], spec: Spec[InstanceProtocol], size: Size
) -> Instances:
    """Up to ``keep`` instances (H, W); one empty mask of score 0 when no colour is near a place."""
    protocol = spec.protocol
    picture = painted_colours(painted, size, spec.output_resize, protocol.rounding)
    members = near_places(
        picture, place_levels(spec), protocol.distance_threshold, protocol.ignore_black
    )
    places, scores = members.best(protocol.candidates)
    if len(places) == 0:
        return Instances(np.zeros((1, *size), bool), np.zeros(1, np.float32))
    iou = overlaps(members, places)
    scores = matrix_nms(iou, scores, protocol.nms_kernel, protocol.nms_sigma)
    kept = np.argsort(-scores, kind="stable")[: protocol.keep]
    return Instances(masks_of(members, places[kept]), scores[kept].astype(np.float32))


def measure(prediction: Instances, truth: Truth, spec: Spec[InstanceProtocol]) -> Record:
    """The Record of one picture.

    ``truth["masks"]`` is bool (N, H, W), N may be 0; ``crowd`` and ``areas`` (N,) are optional.
    ``kinds`` (N,) of their categories, if there are any, are measured as ``tasks/kinds.py`` tells.
    """
    crowd = np.asarray(truth.get("crowd", np.zeros(len(truth["masks"]))), bool)
    areas = prediction.masks.sum(axis=(1, 2)), truth.get("areas")
    iou = mask_iou(prediction.masks, truth["masks"], crowd)
    labels = np.zeros(len(prediction.scores), np.int64)
    matches = match_areas(iou, prediction.scores, labels, areas, crowd, spec.protocol.keep)
    matched = largest_sum(iou[:, ~crowd])
    truths = count_areas(np.zeros(len(crowd), np.int64), areas[1], crowd, 1)
    found = flags(matches["hit"][:, 0]).sum(axis=1)
    kinds = np.asarray(truth.get("kinds", np.full(len(crowd), -1)))
    by_kind = kind_values(iou, prediction.scores, crowd, kinds, spec.protocol.keep)
    values = [[1.0, matched], found, truths.ravel(), by_kind]
    if spec.metric in PRECISIONS:
        values.append(level_counts(matches, spec.metric))
    return Record(np.concatenate(values), payload=matches.tobytes())


def summarise_resamples(
    records: Sequence[Record], weights: npt.NDArray[np.number], spec: Spec[InstanceProtocol]
) -> dict[str, npt.NDArray[np.float64]]:
    """Every metric, float64 (R,), of R resamples; NaN where there is no truth.

    ``weights`` (R, n): how often each Record is in each resample.
    """
    sums = weights.astype(np.float64) @ np.array([r.values for r in records])
    matched, found, truths = sums[:, 1], sums[:, _HITS], sums[:, _HITS.stop : _KINDS.start]
    total = np.where(truths[:, 0] > 0, truths[:, 0], np.nan)
    payloads = [r.payload or b"" for r in records]
    return {
        **precision_metrics(payloads, weights, truths[:, :, None]),
        "ar": found.mean(axis=1) / total,
        "mean_iou": matched / total,
        **kind_metrics(sums[:, _KINDS]),
    }


def summarise(records: Sequence[Record], spec: Spec[InstanceProtocol]) -> dict[str, float]:
    """ap (also of ranges of area that have truth), ap50, ap75, ar and mean_iou, all 0..1."""
    metrics = known_metrics(summarise_resamples(records, np.ones((1, len(records))), spec))
    if not metrics:
        raise InputError(
            f"task {spec.task} on {spec.data}: no image has an instance that is not a crowd; "
            "choose images with instances"
        )
    return metrics


def score(records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): first-order contribution of each image to the primary metric if it is an AP,
    otherwise to ``ar``, at ``reference``."""
    values, sums = np.array([r.values for r in records]), reference.values
    levels, objects, examples = slice(_KINDS.stop, None), _HITS.stop, sums[0]
    if len(sums[levels]):
        at = sums[levels], float(sums[objects])
        return precision_scores(values[:, levels], values[:, objects], at, examples)
    found = values[:, _HITS].mean(axis=1)
    at = float(sums[_HITS].mean()), float(sums[objects])
    return ratio_scores(found, values[:, objects], at, examples)


def render(prediction: Instances, spec: Spec[InstanceProtocol]) -> Image:
    """uint8 (H, W, 3): well scored instances, the best on top, in hues that differ, on black."""
    picture = np.zeros((*prediction.masks.shape[1:], 3), np.uint8)
    shown = np.flatnonzero(prediction.scores >= spec.protocol.shown)
    for index in shown[::-1]:
        hue = index * 0.618034 % 1  # the golden ratio keeps neighbours in rank apart
        picture[prediction.masks[index]] = [
            int(255 * level) for level in colorsys.hsv_to_rgb(hue, 0.65, 1.0)
        ]
    return picture


TASKS = {
    "instance": Task(
        "instance",
        encode,
        weight,
        decode,
        measure,
        summarise,
        score,
        render,
        summarise_resamples=summarise_resamples,
        tells="place",
    )
}
