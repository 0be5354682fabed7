"""Panoptic segmentation, composed of a painted label map and painted instances (paper 3.1).

Protocol: both parts are decoded at the truth's resolution. Every instance is given the thing
class whose colour the painted label map is nearest to, summed over its mask; the best instances,
then large regions of stuff, become segments (``merge``), the rest is void. PQ, SQ and RQ as
panopticapi defines them: true positives, false positives, false negatives and IoU are summed over
the whole set per class before the mean over classes; 0..1 scale (published numbers are multiplied
by 100). Where the truth has instance annotations also COCO's AP of the instances before the
merge: ``ap`` class-agnostic (pycocotools with useCats = 0) and ``class_ap`` with their voted
classes, each also for small, medium and large objects when annotated areas are known. A detection
has the area of its mask. ``miou`` is that of the label map against the segments' classes.
Record: values = (1, then K each of TP, FP, FN, sum of IoU, then K each of the label map's
intersection, truth and prediction, then K each of true instances of all, small, medium and large
areas); payload = the instances' scores, labels and hits (``metrics.precision.DETECTION``),
class-agnostic, then as many class-aware.
Score: first-order contribution to PQ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.confusion import class_counts, class_iou
from painter_kit.metrics.detection import mask_iou
from painter_kit.metrics.panoptic import panoptic_counts, panoptic_quality, panoptic_scores
from painter_kit.metrics.precision import AREAS, count_areas, match_areas, precision_metrics
from painter_kit.tasks.base import Task, get_task, known_metrics
from painter_kit.tasks.colors import VOID, lookup, painted_colours, resize_nearest
from painter_kit.tasks.merge import merge, vote
from painter_kit.types import Image, Record, Size, Spec, Truth

Floats = npt.NDArray[np.float64]

_ROWS = 4 + 3 + len(AREAS)  # of K values each in a Record


class Panoptic(NamedTuple):
    """A predicted picture.

    ``segments`` int32 (H, W): 0 = void, i + 1 where segment i is; ``categories`` int64 (N,) class
    of each segment. ``masks`` bool (M, H, W), ``scores`` float32 (M,) and ``labels`` int64 (M,)
    are the instance part before the merge, best first. ``semantic`` uint8 (H, W) is the label
    map, None when only segments are known.
    """

    segments: npt.NDArray[np.int32]
    categories: npt.NDArray[np.int64]
    masks: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    semantic: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class PanopticProtocol:
    """Constants of the merge; the defaults are the released ones.

    ``things``: classes that come in instances; the others are stuff. Instances that score less
    than ``score_threshold`` or are covered by better ones by more than ``overlap_threshold`` are
    left out, and so is stuff of fewer than ``stuff_area`` pixels of the picture, whatever its size.
    """

    things: tuple[int, ...]
    score_threshold: float = 0.55
    overlap_threshold: float = 0.5
    stuff_area: int = 8192


def encode(truth: Truth, spec: Spec[Any], size: Size) -> Image:
    """uint8 (H, W, 3): segments in the colours of their classes, for people; nothing paints this.

    Borders of segments and void are black.
    """
    return _show(resize_nearest(truth["segments"], size), truth["categories"], spec)


def weight(truth: Truth, spec: Spec[Any], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): ones; the parts have weights of their own."""
    return np.ones((*size, 3), np.float32)


def decode(
    painted: Mapping[str, npt.NDArray[np.floating]], spec: Spec[PanopticProtocol], size: Size
) -> Panoptic:
    """Segments (H, W) of the outputs ``semantic`` and ``instance``, each float32 (S, S, 3)."""
    protocol, part, instance = spec.protocol, spec.part("semantic"), spec.part("instance")
    semantic = get_task(part.task).decode(painted["semantic"], part, size)
    masks, scores = get_task(instance.task).decode(painted["instance"], instance, size)
    picture = painted_colours(painted["semantic"], size, part.output_resize, part.protocol.rounding)
    colours = [part.coding.palette[thing] for thing in protocol.things]
    votes = vote(masks, picture, colours, part.protocol.distance)
    labels = np.array(protocol.things, np.int64)[votes]
    segments, categories = merge(
        (masks, scores, labels),
        semantic,
        protocol.things,
        protocol.score_threshold,
        protocol.overlap_threshold,
        protocol.stuff_area,
    )
    return Panoptic(segments, categories, masks, scores, labels, semantic)


def measure(prediction: Panoptic, truth: Truth, spec: Spec[PanopticProtocol]) -> Record:
    """The Record of one picture.

    Truth: ``segments`` int (H, W) as those of ``Panoptic``, ``categories`` and ``crowd`` (N,); of
    instance annotations ``masks`` bool (G, H, W), ``mask_categories``, ``mask_crowd`` and, where
    known, ``mask_areas`` (G,).
    """
    classes = len(spec.part("semantic").coding.palette)
    segments, categories = truth["segments"], truth["categories"]
    counts = panoptic_counts(
        (prediction.segments, prediction.categories),
        (segments, categories),
        np.asarray(truth["crowd"], bool),
        classes,
    )
    mapped = np.zeros((3, classes))
    if prediction.semantic is not None:
        true = np.concatenate([[VOID], categories])[segments]
        mapped = class_counts(prediction.semantic, true, classes, VOID)
    instances, payload = np.zeros((len(AREAS), classes)), None
    if "masks" in truth:
        crowd, areas = np.asarray(truth["mask_crowd"], bool), truth.get("mask_areas")
        instances = count_areas(truth["mask_categories"], areas, crowd, classes)
        payload = _matches(prediction, truth, crowd, spec.part("instance").protocol.keep)
    values = np.concatenate([counts, mapped, instances])
    return Record(np.concatenate([[1.0], values.ravel()]), payload=payload)


def _matches(prediction: Panoptic, truth: Truth, crowd: npt.NDArray[np.bool_], limit: int) -> bytes:
    """The detections class-agnostic, then class-aware."""
    masks, scores, labels = prediction.masks, prediction.scores, prediction.labels
    areas = masks.sum(axis=(1, 2)), truth.get("mask_areas")
    overlap = mask_iou(masks, truth["masks"], crowd)
    same = np.where(labels[:, None] == truth["mask_categories"], overlap, -1)
    both = [match_areas(iou, scores, labels, areas, crowd, limit) for iou in (overlap, same)]
    return b"".join(found.tobytes() for found in both)


def summarise_resamples(
    records: Sequence[Record], weights: npt.NDArray[np.number], spec: Spec[PanopticProtocol]
) -> dict[str, Floats]:
    """Every metric, float64 (R,), of R resamples; NaN where nothing counts.

    ``weights`` (R, n): how often each Record is in each resample.
    """
    sums = weights.astype(np.float64) @ np.array([r.values[1:] for r in records])
    rows = sums.reshape(len(sums), _ROWS, -1)
    everything = np.arange(rows.shape[2])
    things = np.isin(everything, spec.protocol.things)
    metrics: dict[str, Floats] = {}
    for name, classes in (
        ("", everything),
        ("_things", everything[things]),
        ("_stuff", everything[~things]),
    ):
        quality = panoptic_quality(rows[:, :4], classes)
        metrics |= {f"{kind}{name}": values for kind, values in quality.items()}
    present = rows[:, 5] > 0
    iou = np.where(present, class_iou(rows[:, 4:7].swapaxes(0, 1)), 0).sum(axis=1)
    metrics["miou"] = iou / np.where(present.any(axis=1), present.sum(axis=1), np.nan)
    return metrics | _precision(records, weights, rows[:, 7:])


def _precision(
    records: Sequence[Record], weights: npt.NDArray[np.number], truths: Floats
) -> dict[str, Floats]:
    """AP without and with classes; ``truths`` (R, 4, K)."""
    payloads = [r.payload or b"" for r in records]
    agnostic = precision_metrics(
        [p[: len(p) // 2] for p in payloads], weights, truths.sum(axis=2, keepdims=True)
    )
    aware = precision_metrics([p[len(p) // 2 :] for p in payloads], weights, truths)
    return agnostic | {f"class_{name}": values for name, values in aware.items()}


def summarise(records: Sequence[Record], spec: Spec[PanopticProtocol]) -> dict[str, float]:
    """pq (primary), sq and rq of all classes, things and stuff, miou, and AP where there is truth.

    All 0..1; metrics that nothing in these Records counts for are left out.
    """
    metrics = known_metrics(summarise_resamples(records, np.ones((1, len(records))), spec))
    if "pq" not in metrics:
        raise InputError(
            f"task {spec.task} on {spec.data}: no image has a segment; choose images with truth"
        )
    return metrics


def score(records: Sequence[Record], reference: Record) -> Floats:
    """float64 (n,): first-order contribution of each image to PQ at ``reference``."""
    counts = np.array([r.values[1:].reshape(_ROWS, -1)[:4] for r in records])
    return panoptic_scores(counts, reference.values[1:].reshape(_ROWS, -1)[:4], reference.values[0])


def render(prediction: Panoptic, spec: Spec[Any]) -> Image:
    """uint8 (H, W, 3): the segments as ``encode`` shows them."""
    return _show(prediction.segments, prediction.categories, spec)


def _show(
    segments: npt.NDArray[np.integer], categories: npt.NDArray[np.integer], spec: Spec[Any]
) -> Image:
    colours = lookup(spec.part("semantic").coding.palette)[categories]
    picture = np.concatenate([np.zeros((1, 3), np.uint8), colours])[segments]
    picture[1:][segments[1:] != segments[:-1]] = 0
    picture[:, 1:][segments[:, 1:] != segments[:, :-1]] = 0
    return picture


TASKS = {
    "panoptic": Task(
        "panoptic",
        encode,
        weight,
        decode,
        measure,
        summarise,
        score,
        render,
        parts=("semantic", "instance"),
        summarise_resamples=summarise_resamples,
    )
}
