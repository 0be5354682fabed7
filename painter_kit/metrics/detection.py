"""Matching of detections with the truth and average precision, as COCO defines them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
_BITS = np.uint16(1) << np.arange(len(THRESHOLDS), dtype=np.uint16)

# One detection: bit t of ``hit`` and ``ignored`` belongs to THRESHOLDS[t].
MATCH = np.dtype([("score", "<f4"), ("hit", "<u2"), ("ignored", "<u2")])


def mask_iou(
    masks: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_], crowd: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """float64 (D, G): IoU of masks (D, H, W) with the truth (G, H, W).

    For a ``crowd`` (G,) the share of the mask that lies in it.
    """
    from pycocotools import mask as coco

    if len(masks) == 0 or len(truth) == 0:
        return np.zeros((len(masks), len(truth)))
    found, true = (
        [coco.encode(np.asfortranarray(mask, np.uint8)) for mask in stack]
        for stack in (masks, truth)
    )
    return np.asarray(coco.iou(found, true, crowd.astype(int).tolist()))


def largest_sum(similarity: npt.NDArray[np.floating]) -> float:
    """The largest sum of ``similarity`` (D, G) over one-to-one assignments."""
    from scipy.optimize import linear_sum_assignment

    return float(similarity[linear_sum_assignment(similarity, maximize=True)].sum())


def match(
    similarity: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating],
    crowd: npt.NDArray[np.bool_],
    limit: int = 100,
    ignored: npt.NDArray[np.bool_] | None = None,
    outside: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.void]:
    """``MATCH`` (min(D, limit),) of one picture, best score first.

    ``similarity`` (D, G): IoU or OKS of detections with the truth. At each threshold the
    detections choose in order of score; each takes the most similar free truth (the last on
    ties). ``crowd`` (G,): truth that detections may share. ``ignored`` (G,), the crowds unless
    told otherwise, is neither hit nor miss and chosen only when nothing else is near enough.
    ``outside`` (D,): detections that are no errors when they match nothing.
    """
    ignored = crowd if ignored is None else ignored
    order = np.argsort(-scores, kind="stable")[:limit]
    found = np.zeros(len(order), MATCH)
    found["score"] = scores[order]
    if outside is not None:
        found["ignored"][outside[order]] = _BITS.sum()
    taken = np.zeros((len(THRESHOLDS), len(crowd)), bool)
    for place, detection in enumerate(order):
        row = similarity[detection]
        if not (row >= THRESHOLDS[0]).any():
            continue
        eligible = (row >= THRESHOLDS[:, None]) & (~taken | crowd)
        hit = np.asarray((eligible & ~ignored).any(axis=1))
        chosen = eligible & (~ignored | ~hit[:, None])
        some = chosen.any(axis=1)
        taken[some, _last_argmax(np.where(chosen, row, -1))[some]] = True
        found["hit"][place] = _BITS[hit].sum()
        found["ignored"][place] |= _BITS[some].sum()
        found["ignored"][place] &= ~_BITS[hit].sum()
    return found


def _last_argmax(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    return rows.shape[1] - 1 - rows[:, ::-1].argmax(axis=1)


def hits(matches: npt.NDArray[np.void]) -> npt.NDArray[np.float64]:
    """float64 (10,): how many detections hit, per threshold."""
    return flags(matches["hit"]).sum(axis=1, dtype=np.float64)


def flags(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    """bool (10, D): the bits of ``MATCH`` per threshold."""
    return (bits[None] & _BITS[:, None]) > 0


def average_precision(payloads: Iterable[bytes], truths: float) -> npt.NDArray[np.float64]:
    """float64 (10,): AP on the 0..1 scale per threshold, over any multiset of pictures.

    ``payloads`` are the bytes of ``match``, one per picture; ``truths`` counts the truth without
    crowds and must be positive. 101-point interpolation. Equal scores are ordered by the bytes
    of their pictures, so that the order of pictures does not matter.
    """
    found = np.frombuffer(b"".join(sorted(payloads)), MATCH)
    found = found[np.argsort(-found["score"], kind="stable")]
    hit, ignored = flags(found["hit"]), flags(found["ignored"])
    true = np.cumsum(hit, axis=1, dtype=np.float64)
    false = np.cumsum(~hit & ~ignored, axis=1, dtype=np.float64)
    precision = true / (true + false + np.spacing(1))
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return np.array([_interpolate(p, t / truths) for p, t in zip(precision, true, strict=True)])


def _interpolate(precision: npt.NDArray[np.float64], recall: npt.NDArray[np.float64]) -> float:
    first = np.searchsorted(recall, RECALLS, side="left")
    return float(precision[first[first < len(precision)]].sum() / len(RECALLS))
