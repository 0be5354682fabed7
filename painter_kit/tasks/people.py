"""Several persons in one picture: from the keypoints of crops to COCO's average precision.

Protocol: keypoints found in a crop go back to the picture by the crop's centre and extent, those
that were not found too. A person scores the mean of the keypoint scores above ``score_floor``,
times the score of the box. OKS-NMS removes persons that resemble a better one, with the areas of
the crops. AP is that of COCO's keypoint evaluation, on the 0..1 scale and aggregated over the
whole set: OKS 0.50 to 0.95, area as annotated, at most ``keep`` persons per picture; crowds and
persons without labelled keypoints are neither hit nor miss. ``ap_medium`` and ``ap_large`` look
at persons of 32^2 to 96^2 pixels and above, and are left out where there are none; smaller
persons count in ``ap`` alone. ``ar`` is the share of persons that are found, mean over the ten
thresholds. A picture of one person is measured as a picture with one detection of box score 1.
Record: values = (1, hits, mean over thresholds, and persons, which ``score`` ranks by; hits at
each of the ten thresholds; persons of all, small, medium and large areas); payload = the
detections' scores and hits (``metrics.precision.DETECTION``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.detection import THRESHOLDS, flags
from painter_kit.metrics.keypoints import oks_nms, oks_table, person_scores
from painter_kit.metrics.precision import count_areas, match_areas, precision_metrics
from painter_kit.tasks.base import known_metrics
from painter_kit.tasks.heat import Keypoints
from painter_kit.types import Record, Size, Spec, Truth

if TYPE_CHECKING:
    from painter_kit.tasks.keypoint import KeypointProtocol

METRICS = ("ap", "ap50", "ap75", "ap_medium", "ap_large", "ar")
_HITS = slice(3, 3 + len(THRESHOLDS))  # in the values of a Record


class People(NamedTuple):
    """Persons found in a picture of ``size``, best first, after OKS-NMS.

    ``points`` float64 (N, K, 2), x and y in pixels of the picture; ``scores`` float64 (N, K),
    the heat 0..1; ``person_scores`` float64 (N,). Of persons found in crops, ``kept`` (N,) tells
    which crops they are of, and ``crops`` holds points and scores of every crop before OKS-NMS.
    """

    points: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    person_scores: npt.NDArray[np.float64]
    size: Size
    kept: npt.NDArray[np.intp] | None = None
    crops: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None


def gather(found: Sequence[Keypoints], truth: Truth, spec: Spec[KeypointProtocol]) -> People:
    """The people of a picture from the keypoints of its crops.

    ``truth`` has ``crops`` float64 (N, 4), centre x and y, width and height of each in pixels of
    the picture, ``crop_scores`` float64 (N,), those of the boxes, and ``size`` of the picture.
    """
    protocol, crops = spec.protocol, truth["crops"]
    centres, extents = crops[:, None, :2], crops[:, None, 2:]
    shape = (len(found), len(protocol.names))
    canvas = np.array([f.size[::-1] for f in found], np.float64).reshape(-1, 1, 2)
    points = np.array([f.points for f in found], np.float64).reshape(*shape, 2)
    points = points * extents / canvas + centres - extents / 2
    scores = np.array([f.scores for f in found], np.float64).reshape(shape)
    persons = person_scores(scores, truth["crop_scores"], protocol.score_floor)
    areas, sigmas = crops[:, 2:].prod(axis=1), np.array(protocol.sigmas)
    kept = oks_nms(points, persons, areas, sigmas, protocol.nms_oks)
    height, width = truth["size"].tolist()
    size = height, width
    return People(points[kept], scores[kept], persons[kept], size, kept, (points, scores))


def as_people(prediction: Keypoints | People, spec: Spec[KeypointProtocol]) -> People:
    """The keypoints of one person as the only detection of their picture."""
    if isinstance(prediction, People):
        return prediction
    scores = prediction.scores[None]
    persons = person_scores(scores, np.ones(1), spec.protocol.score_floor)
    return People(prediction.points[None], scores, persons, prediction.size)


def measure(prediction: People, truth: Truth, spec: Spec[KeypointProtocol]) -> Record:
    """The Record of one picture.

    ``truth`` has ``keypoints`` (G, K, 3), ``boxes`` (G, 4), ``areas`` (G,), ``crowd`` and
    ``ignored`` bool (G,); of one person ``keypoints`` (K, 3), ``box`` and ``area``, which are in
    pixels of the crop, ``zoom`` of which make a pixel of the photograph.
    """
    keypoints, boxes, areas, crowd, ignored = persons_of(truth)
    limit = spec.protocol.keep
    table = oks_table(prediction.points, keypoints, boxes, areas, np.array(spec.protocol.sigmas))
    zoom = float(truth.get("zoom", 1.0))
    sizes = extents(prediction.points) / zoom**2, areas / zoom**2
    labels = np.zeros(len(prediction.points), np.int64)
    scores = prediction.person_scores
    matches = match_areas(table, scores, labels, sizes, crowd, limit, ignored)
    truths = count_areas(np.zeros(len(areas), np.int64), sizes[1], crowd | ignored, 1).ravel()
    found = flags(matches["hit"][:, 0]).sum(axis=1)
    values = np.concatenate([[1.0, found.mean(), truths[0]], found, truths])
    return Record(values, payload=matches.tobytes())


def persons_of(truth: Truth) -> tuple[Any, ...]:
    """Keypoints (G, K, 3), boxes (G, 4), areas, crowd and ignored (G,), of several persons or of
    one."""
    if "boxes" in truth:
        return tuple(truth[name] for name in ("keypoints", "boxes", "areas", "crowd", "ignored"))
    keypoints = truth["keypoints"][None].astype(np.float64)
    ignored = (keypoints[..., 2] <= 0).all(axis=1)
    box, area = truth["box"][None].astype(np.float64), np.atleast_1d(truth["area"])
    return keypoints, box, area.astype(np.float64), np.zeros(1, bool), ignored


def extents(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """float64 (N,): the area between the outermost keypoints, which stands for a person's."""
    if points.size == 0:
        return np.zeros(len(points))
    return np.ptp(points, axis=1).prod(axis=1)


def summarise_resamples(
    records: Sequence[Record], weights: npt.NDArray[np.number], spec: Spec[KeypointProtocol]
) -> dict[str, npt.NDArray[np.float64]]:
    """``METRICS``, float64 (R,), of R resamples; NaN where there is nobody to find.

    ``weights`` (R, n): how often each Record is in each resample.
    """
    sums = weights.astype(np.float64) @ np.array([r.values for r in records])
    found, truths = sums[:, _HITS], sums[:, _HITS.stop :]
    total = np.where(truths[:, 0] > 0, truths[:, 0], np.nan)
    payloads = [r.payload or b"" for r in records]
    metrics = precision_metrics(payloads, weights, truths[:, :, None])
    metrics["ar"] = found.mean(axis=1) / total
    return {name: metrics[name] for name in METRICS}


def summarise(records: Sequence[Record], spec: Spec[KeypointProtocol]) -> dict[str, float]:
    """``METRICS``, all 0..1, from any multiset of Records, but for ranges of area without truth."""
    metrics = known_metrics(summarise_resamples(records, np.ones((1, len(records))), spec))
    if not metrics:
        raise nothing_labelled(spec)
    return metrics


def nothing_labelled(spec: Spec[Any]) -> InputError:
    """The error about a set in which no person counts."""
    return InputError(
        f"task {spec.task} on {spec.data}: no example has a labelled keypoint "
        "(visibility above 0); choose others"
    )
