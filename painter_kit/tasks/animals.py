"""Several animals in one picture: average precision by species, and PCK.

Protocol: as for persons (``tasks/people.py``), with animals looked for in their annotated boxes and
these differences. Detections and truth of different species do not meet: a detection has the
species of its box. ``ap`` and ``ar`` are means over the species that have truth, each over the
whole set, as COCO's evaluation gives them with several categories (AP-10K's published numbers).

PCK is measured on every annotated box with a labelled keypoint, before OKS-NMS: a keypoint is
correct within ``pck_share`` of the longer side of the animal's annotated box (``pck``), and within
0.2 of it (``pck_20``); one that was not painted is wrong. Both pool keypoints; ``pck_joint`` is the
mean over joints of the shares of each, as mmpose's tools average.

Where the protocol names ``shared`` joints, ``ap_shared``, ``ar_shared``, ``pck_shared`` and
``pck_20_shared`` look at these alone (an animal with none of them labelled is neither hit nor
miss), ``pck_own`` at the others.
Record: values = (1, hits, mean over thresholds, and animals, which ``score`` ranks by, pooled over
species; then per view (all joints, shared joints) hits of every species, mean over thresholds, and
animals of each range of area and species; then labelled, correct at ``pck_share`` and correct at
0.2 of every joint). Payload = the detections of each view (``metrics.precision.DETECTION``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.metrics.detection import flags
from painter_kit.metrics.keypoints import correct_joints, oks_table
from painter_kit.metrics.precision import (
    AREAS,
    DETECTION,
    count_areas,
    match_areas,
    precision_metrics,
)
from painter_kit.tasks.base import known_metrics
from painter_kit.tasks.people import METRICS, People, extents, nothing_labelled, persons_of
from painter_kit.types import Record, Spec, Truth

Floats = npt.NDArray[np.float64]
WIDE_SHARE = 0.2  # of the box's longer side, for ``pck_20``
_FIRST = 3  # values before those of the views


class View(NamedTuple):
    """The joints that one set of metrics looks at, and the ending of the metrics' names."""

    ending: str
    joints: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """Where the values of a Record are: ``species`` and ``joints`` counted, and the views."""

    species: int
    joints: int
    views: tuple[View, ...]

    @property
    def block(self) -> int:
        """Values of one view."""
        return (1 + len(AREAS)) * self.species

    def view(self, sums: Floats, index: int) -> tuple[Floats, Floats]:
        """Hits (R, K) and animals (R, 4, K) of a view, of summed values (R, D)."""
        start = _FIRST + index * self.block
        hits, truths = np.split(sums[:, start : start + self.block], [self.species], axis=1)
        return hits, truths.reshape(len(sums), len(AREAS), self.species)

    def pck(self, sums: Floats) -> Floats:
        """Labelled, correct and correct at 0.2, (R, 3, joints)."""
        return sums[:, -3 * self.joints :].reshape(len(sums), 3, self.joints)


def layout_of(spec: Spec[Any]) -> Layout:
    """The layout of Records under a spec with an ``AnimalProtocol``."""
    joints = len(spec.protocol.names)
    views = [View("", tuple(range(joints)))]
    if spec.protocol.shared:
        views.append(View("_shared", spec.protocol.shared))
    return Layout(max(1, len(spec.classes)), joints, tuple(views))


def measure(prediction: People, truth: Truth, spec: Spec[Any]) -> Record:
    """The Record of one picture, or of a picture of one animal.

    ``truth`` is that of ``people.measure`` with ``categories`` (G,), the species' indices, and
    ``crop_animals`` (N,), which of the animals each crop is of. Of one animal ``categories`` (1,).
    """
    layout = layout_of(spec)
    keypoints, boxes, areas, crowd, ignored = persons_of(truth)
    values: list[Floats] = []
    payload = b""
    for view in layout.views:
        seen = np.zeros_like(keypoints)
        seen[:, view.joints] = keypoints[:, view.joints]
        unlabelled = ignored | (seen[..., 2] <= 0).all(axis=1)
        animals = seen, boxes, areas, crowd, unlabelled
        found, hits, truths = _matched(prediction, animals, truth, spec)
        values += [hits, truths.ravel()]
        payload += found.tobytes()
    hits, truths = values[:2]  # of all joints
    ranked = np.array([1.0, hits.sum(), truths[: layout.species].sum()])
    counts = _pck(prediction, keypoints, boxes, truth, spec)
    return Record(np.concatenate([ranked, *values, counts.ravel()]), payload=payload)


def _matched(
    prediction: People,
    animals: tuple[np.ndarray, ...],
    truth: Truth,
    spec: Spec[Any],
) -> tuple[npt.NDArray[np.void], Floats, Floats]:
    """``DETECTION`` of a picture, hits (K,) of every species, and animals (4, K) by area."""
    keypoints, boxes, areas, crowd, ignored = animals
    protocol, count = spec.protocol, max(1, len(spec.classes))
    zoom = float(truth.get("zoom", 1.0))
    sizes = extents(prediction.points) / zoom**2, areas / zoom**2
    sigmas, labels = np.array(protocol.sigmas), _labels(prediction, truth)
    table = oks_table(prediction.points, keypoints, boxes, areas, sigmas)
    categories = np.asarray(truth["categories"], np.int64)
    parts, hits = [np.zeros(0, DETECTION)], np.zeros(count)
    for species in np.unique(labels):
        own, true = labels == species, categories == species
        found = match_areas(
            table[own][:, true],
            prediction.person_scores[own],
            labels[own],
            (sizes[0][own], sizes[1][true]),
            crowd[true],
            protocol.keep,
            ignored[true],
        )
        hits[species] = flags(found["hit"][:, 0]).sum(axis=1).mean()
        parts.append(found)
    counted = count_areas(categories, sizes[1], crowd | ignored, count)
    return np.concatenate(parts), hits, counted


def _labels(prediction: People, truth: Truth) -> npt.NDArray[np.int64]:
    """The species of each detection."""
    if prediction.kept is None:
        return np.asarray(truth["categories"], np.int64)[: len(prediction.points)]
    animals = np.asarray(truth["crop_animals"], np.int64)[prediction.kept]
    return np.asarray(truth["categories"], np.int64)[animals]


def _pck(
    prediction: People,
    keypoints: np.ndarray,
    boxes: np.ndarray,
    truth: Truth,
    spec: Spec[Any],
) -> Floats:
    """float64 (3, joints): labelled, correct and correct at 0.2, of all cropped animals."""
    points, scores = prediction.points, prediction.scores
    animals = np.arange(len(points))
    if prediction.crops is not None:
        points, scores = prediction.crops
        animals = np.asarray(truth["crop_animals"], np.int64)
    counts = np.zeros((3, len(spec.protocol.names)))
    for own, score, animal in zip(points, scores, animals, strict=True):
        true, side = keypoints[animal], float(boxes[animal, 2:].max())
        counts[0] += true[:, 2] > 0
        for row, share in enumerate((spec.protocol.pck_share, WIDE_SHARE), start=1):
            counts[row] += correct_joints(own, true, share * side, score > 0)
    return counts


def summarise_resamples(
    records: Sequence[Record], weights: npt.NDArray[np.number], spec: Spec[Any]
) -> dict[str, Floats]:
    """Every metric, float64 (R,), of R resamples; NaN where there is nothing to find.

    ``weights`` (R, n): how often each Record is in each resample.
    """
    layout = layout_of(spec)
    sums = weights.astype(np.float64) @ np.array([r.values for r in records])
    metrics: dict[str, Floats] = {}
    for index, view in enumerate(layout.views):
        hits, truths = layout.view(sums, index)
        payloads = [_part(r.payload or b"", index, len(layout.views)) for r in records]
        found = precision_metrics(payloads, weights, truths)
        found["ar"] = _mean(hits, truths[:, 0])
        names = METRICS if not view.ending else ("ap", "ar")
        metrics |= {f"{name}{view.ending}": found[name] for name in names}
    return metrics | _pck_metrics(layout, sums)


def summarise(records: Sequence[Record], spec: Spec[Any]) -> dict[str, float]:
    """Every metric that is known, all 0..1. Raises ``InputError`` when nothing is labelled."""
    metrics = known_metrics(summarise_resamples(records, np.ones((1, len(records))), spec))
    if not metrics:
        raise nothing_labelled(spec)
    return metrics


def _part(payload: bytes, index: int, parts: int) -> bytes:
    """The detections of one view; those of all views are equally many."""
    length = len(payload) // parts
    return payload[index * length : (index + 1) * length]


def _mean(hits: Floats, truths: Floats) -> Floats:
    """float64 (R,): the mean share of hits (R, K) over the columns that have truth (R, K)."""
    there = truths > 0
    shares = hits / np.where(there, truths, 1)
    count = there.sum(axis=1)
    return (shares * there).sum(axis=1) / np.where(count > 0, count, np.nan)


def _pck_metrics(layout: Layout, sums: Floats) -> dict[str, Floats]:
    labelled, correct, wide = layout.pck(sums).transpose(1, 0, 2)

    def pooled(counted: Floats, joints: Sequence[int]) -> Floats:
        total = labelled[:, joints].sum(axis=1)
        return counted[:, joints].sum(axis=1) / np.where(total > 0, total, np.nan)

    every = layout.views[0].joints
    metrics = {"pck": pooled(correct, every), "pck_20": pooled(wide, every)}
    metrics["pck_joint"] = _mean(correct, labelled)
    for view in layout.views[1:]:
        own = [joint for joint in every if joint not in view.joints]
        metrics[f"pck{view.ending}"] = pooled(correct, view.joints)
        metrics[f"pck_20{view.ending}"] = pooled(wide, view.joints)
        metrics["pck_own"] = pooled(correct, own)
    return metrics
