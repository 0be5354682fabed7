"""Average precision in COCO's ranges of area, of many resamples of the pictures at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from painter_kit.metrics.detection import (
    RECALLS,
    THRESHOLDS,
    flags,
    match,
)

Floats = npt.NDArray[np.float64]

# Ending of the metric's name, and the areas in pixels that count, both limits included.
AREAS = (("", 0.0, 1e10), ("_small", 0.0, 32.0**2), ("_medium", 32.0**2, 96.0**2))
AREAS += (("_large", 96.0**2, 1e10),)

# Metrics of all areas, and the places of the thresholds that each averages over.
PRECISIONS = {"ap": list(range(len(THRESHOLDS))), "ap50": [0], "ap75": [5]}

# One detection: bit t of ``hit[a]`` and ``ignored[a]`` belongs to THRESHOLDS[t] and AREAS[a].
_PER_AREA = (len(AREAS),)
DETECTION = np.dtype(
    [("score", "<f4"), ("label", "<i2"), ("hit", "<u2", _PER_AREA), ("ignored", "<u2", _PER_AREA)]
)


def match_areas(
    similarity: Floats,
    scores: npt.NDArray[np.floating],
    labels: npt.NDArray[np.integer],
    areas: tuple[npt.NDArray[np.floating], npt.NDArray[np.floating] | None],
    crowd: npt.NDArray[np.bool_],
    limit: int = 100,
    ignored: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.void]:
    """``DETECTION`` (min(D, limit),) of one picture, best score first; see ``detection.match``.

    ``areas`` are those of the detections (D,) and of the truth (G,), in pixels; when the truth's
    are not known, only the range of all areas is matched. In the other ranges truth outside is
    neither hit nor miss, as ``ignored`` (G,) truth is in all, and detections outside that match
    nothing are no errors.
    """
    order = np.argsort(-scores, kind="stable")[:limit]
    found = np.zeros(len(order), DETECTION)
    found["score"], found["label"] = scores[order], labels[order]
    for index, (_, low, high) in enumerate(AREAS if areas[1] is not None else AREAS[:1]):
        outside, beyond = ((a < low) | (a > high) if a is not None else None for a in areas)
        passed = [flagged for flagged in (crowd, ignored, beyond) if flagged is not None]
        matched = match(similarity, scores, crowd, limit, np.any(passed, axis=0), outside)
        found["hit"][:, index], found["ignored"][:, index] = matched["hit"], matched["ignored"]
    return found


def count_areas(
    labels: npt.NDArray[np.integer],
    areas: npt.NDArray[np.floating] | None,
    crowd: npt.NDArray[np.bool_],
    classes: int,
) -> Floats:
    """float64 (4, K): truth (G,) without crowds, per range of ``AREAS`` and class.

    Only the range of all areas is counted when ``areas`` are not known.
    """
    counts = np.zeros((len(AREAS), classes))
    for index, (_, low, high) in enumerate(AREAS if areas is not None else AREAS[:1]):
        inside = ~crowd if areas is None else ~crowd & (areas >= low) & (areas <= high)
        counts[index] = np.bincount(labels[inside], minlength=classes)
    return counts


def precision_metrics(
    payloads: Sequence[bytes], weights: npt.NDArray[np.number], truths: Floats
) -> dict[str, Floats]:
    """ap, ap50, ap75, ap_small, ap_medium and ap_large, each (R,) on the 0..1 scale.

    ``payloads`` are the bytes of ``match_areas`` of n pictures, ``weights`` (R, n) how often each
    is in each resample, ``truths`` (R, 4, K) the counts of ``count_areas``. Mean over classes
    that have truth, NaN where none has. With one class labels are not looked at. Equal scores
    are ordered by the bytes of their pictures, so that the order of pictures does not matter.
    """
    found, picture, times = _ranked(payloads, weights)
    classes = truths.shape[2]
    total = np.zeros((len(AREAS), len(THRESHOLDS), len(weights)))
    for label in np.flatnonzero(truths.any(axis=(0, 1))):
        own = np.flatnonzero(found["label"] == label) if classes > 1 else slice(None)
        for area in np.flatnonzero(truths[:, :, label].any(axis=0)):
            hit, ignored = (flags(found[key][own, area]) for key in ("hit", "ignored"))
            true = truths[:, area, label]
            for row, h, i in zip(total[area], hit, ignored, strict=True):
                row += _average_precision(h, i, picture[own], times, true)
    counted = (truths > 0).sum(axis=2).T[:, None]
    mean = total / np.where(counted > 0, counted, np.nan)
    named = {name: mean[0, places].mean(axis=0) for name, places in PRECISIONS.items()}
    return named | {f"ap{AREAS[a][0]}": mean[a].mean(axis=0) for a in range(1, len(AREAS))}


def _ranked(
    payloads: Sequence[bytes], weights: npt.NDArray[np.number]
) -> tuple[npt.NDArray[np.void], npt.NDArray[np.intp], Floats]:
    """Detections by score, the picture of each, and how often pictures occur (pictures, R).

    Pictures with equal detections are one, so that repeating pictures equals raising weights.
    """
    unique = sorted(set(payloads))
    place = {payload: index for index, payload in enumerate(unique)}
    times = np.zeros((len(unique), len(weights)))
    np.add.at(times, [place[payload] for payload in payloads], weights.T)
    parts = [np.frombuffer(payload, DETECTION) for payload in unique]
    picture = np.repeat(np.arange(len(unique)), [len(part) for part in parts])
    found = np.concatenate([np.zeros(0, DETECTION), *parts])
    rank = np.argsort(-found["score"], kind="stable")
    return found[rank], picture[rank], times


def _average_precision(
    hit: npt.NDArray[np.bool_],
    ignored: npt.NDArray[np.bool_],
    picture: npt.NDArray[np.intp],
    times: Floats,
    truths: Floats,
) -> Floats:
    """float64 (R,): AP at one threshold of detections (D,) by rank; 0 where there is no truth.

    Precision is largest at hits, so that only they are looked at, with the false detections that
    precede each of them.
    """
    from scipy.sparse import csr_array

    right = np.flatnonzero(hit)
    if len(right) == 0:
        return np.zeros(len(truths))
    wrong = np.flatnonzero(~hit & ~ignored)
    wrong = wrong[: np.searchsorted(wrong, right[-1])]
    places = np.searchsorted(right, wrong), picture[wrong]
    between = csr_array((np.ones(len(wrong)), places), (len(right), len(times)))
    true = np.cumsum(times[picture[right]], axis=0)
    precision = true / (true + np.cumsum(between @ times, axis=0) + np.spacing(1))
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    reached = np.searchsorted(RECALLS, true / np.where(truths > 0, truths, np.inf), side="right")
    steps = np.diff(reached, axis=0, prepend=0)
    return np.where(truths > 0, (steps * precision).sum(axis=0) / len(RECALLS), 0)
