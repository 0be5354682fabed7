"""Matching of detections with the truth, as COCO defines it."""

from __future__ import annotations

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
    ties). ``ignored`` (G,): truth that is neither hit nor miss and is taken only where no other
    is similar enough; ``crowd`` (G,): ignored truth that detections may share. ``outside`` (D,):
    detections that are no false ones when they take nothing (their area is out of range).
    """
    order = np.argsort(-scores, kind="stable")[:limit]
    found = np.zeros(len(order), MATCH)
    found["score"] = scores[order]
    ignored = crowd if ignored is None else crowd | ignored
    taken = np.zeros((len(THRESHOLDS), len(crowd)), bool)
    for place, detection in enumerate(order):
        row = similarity[detection]
        if not (row >= THRESHOLDS[0]).any():
            continue
        eligible = (row >= THRESHOLDS[:, None]) & (~taken | crowd)
        counted = eligible & ~ignored
        takes, hit = eligible.any(axis=1), counted.any(axis=1)
        counted[~hit] = eligible[~hit]
        best = _last_argmax(np.where(counted, row, -1))
        taken[takes, best[takes]] = True
        found["hit"][place] = _BITS[hit].sum()
        found["ignored"][place] = _BITS[takes & ~hit].sum()
    if outside is not None:
        found["ignored"][outside[order]] = _BITS.sum() & ~found["hit"][outside[order]]
    return found


def _last_argmax(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    return rows.shape[1] - 1 - rows[:, ::-1].argmax(axis=1)


def flags(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    """bool (10, D): the bits of ``MATCH`` per threshold."""
    return (bits[None] & _BITS[:, None]) > 0
