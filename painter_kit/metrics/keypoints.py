"""Similarity of keypoints: OKS as COCO defines it, NMS by it, and PCK."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]


def oks(
    points: Points,
    truth: Points,
    area: float,
    sigmas: npt.NDArray[np.float64],
    found: npt.NDArray[np.bool_],
) -> float:
    """Object keypoint similarity in 0..1 of one person, over the labelled keypoints.

    ``points`` (K, 2) in pixels, ``truth`` (K, 3) x, y, visibility (0 = not labelled), ``area``
    in square pixels, ``sigmas`` (K,). Keypoints that were not ``found`` (K,) count 0.
    The mean of exp(-d^2 / (2 area (2 sigma)^2)). Raises ``ValueError`` if nothing is labelled.
    """
    labelled = truth[:, 2] > 0
    if not labelled.any():
        raise ValueError("truth must have a labelled keypoint")
    squared = np.square(points.astype(np.float64) - truth[:, :2]).sum(axis=1)
    near = np.exp(-_exponent(squared, area, sigmas))
    return float((near * found)[labelled].mean())


def _exponent(squared: Floats, area: float | Floats, sigmas: Floats) -> Floats:
    """d^2 / (2 area (2 sigma)^2); ``squared`` (..., K), ``area`` (...)."""
    spread = np.asarray(area, np.float64)[..., None] + np.spacing(1)
    return squared / (2 * sigmas) ** 2 / spread / 2


def oks_table(
    points: Points, truth: Points, boxes: Points, areas: Points, sigmas: Floats
) -> Floats:
    """float64 (D, G): OKS of detections (D, K, 2) with truth (G, K, 3), as COCO's evaluation.

    Truth without a labelled keypoint has distances to its box (x, y, width, height), enlarged
    by one width and one height on every side, so that detections in it can be ignored.
    """
    table = np.zeros((len(points), len(truth)))
    for place, (person, box, area) in enumerate(zip(truth, boxes, areas, strict=True)):
        labelled = person[:, 2] > 0
        away = points - person[:, :2]
        if not labelled.any():
            low, high = box[:2] - box[2:], box[:2] + 2 * box[2:]
            away = np.maximum(0, low - points) + np.maximum(0, points - high)
            labelled[:] = True
        exponent = _exponent(np.square(away).sum(axis=2), area, sigmas)
        table[:, place] = np.exp(-exponent[:, labelled]).mean(axis=1)
    return table


def oks_nms(
    points: Points, scores: Floats, areas: Floats, sigmas: Floats, threshold: float
) -> npt.NDArray[np.intp]:
    """The persons that stay, best first: those not too similar to a better one that stays.

    ``points`` (N, K, 2), ``scores`` (N,), ``areas`` (N,) in square pixels. Two persons are too
    similar when the OKS between them, all keypoints counting and the mean of their areas
    standing for the area, exceeds ``threshold``.
    """
    kept: list[int] = []
    line = np.argsort(-scores, kind="stable")
    while len(line):
        best, line = line[0], line[1:]
        kept.append(int(best))
        squared = np.square(points[line] - points[best]).sum(axis=2)
        exponent = _exponent(squared, (areas[line] + areas[best]) / 2, sigmas)
        line = line[np.exp(-exponent).mean(axis=1) <= threshold]
    return np.array(kept, np.intp)


def person_scores(scores: Floats, boxes: Floats, floor: float) -> Floats:
    """float64 (N,): the mean of the keypoint scores (N, K) above ``floor``, 0 without any, times
    the score (N,) of the person's box."""
    counted = scores > floor
    mean = (scores * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return mean * boxes


def pck(points: Points, truth: Points, reach: float, found: npt.NDArray[np.bool_]) -> int:
    """Number of labelled keypoints that were ``found`` within ``reach`` pixels (inclusive)."""
    return int(np.count_nonzero(correct_joints(points, truth, reach, found)))


def correct_joints(
    points: Points, truth: Points, reach: float, found: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """bool (K,): labelled keypoints (K, 3) whose points (K, 2) were ``found`` within ``reach``."""
    squared = np.square(points.astype(np.float64) - truth[:, :2]).sum(axis=1)
    return (truth[:, 2] > 0) & found & (squared <= reach**2)
