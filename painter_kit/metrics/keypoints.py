"""Similarity of keypoints: OKS as COCO defines it, and PCK."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating]


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
    near = np.exp(-squared / (2 * (area + np.spacing(1)) * (2 * sigmas) ** 2))
    return float((near * found)[labelled].mean())


def pck(points: Points, truth: Points, reach: float, found: npt.NDArray[np.bool_]) -> int:
    """Number of labelled keypoints that were ``found`` within ``reach`` pixels (inclusive)."""
    squared = np.square(points.astype(np.float64) - truth[:, :2]).sum(axis=1)
    return int(np.count_nonzero((truth[:, 2] > 0) & found & (squared <= reach**2)))
