"""Errors of a depth map as they are reported on NYUv2."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

DEPTH_METRICS = ("rmse", "abs_rel", "sq_rel", "rmse_log", "silog", "log10", "d1", "d2", "d3")


def depth_errors(
    prediction: npt.NDArray[np.floating], truth: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """float64 (9,) in the order of ``DEPTH_METRICS``, over all values of two arrays in metres.

    Both arrays are (n,), positive and not empty. rmse in metres, rmse_log in natural logarithms,
    silog = 100 sd(ln p - ln t), log10 the mean absolute difference of decimal logarithms, d1 to
    d3 the share of max(p/t, t/p) strictly below 1.25, 1.25^2, 1.25^3.
    """
    predicted, true = prediction.astype(np.float64), truth.astype(np.float64)
    difference = predicted - true
    log = np.log(predicted) - np.log(true)
    worse = np.maximum(predicted / true, true / predicted)
    return np.array(
        [
            np.sqrt(np.mean(difference**2)),
            np.mean(np.abs(difference) / true),
            np.mean(difference**2 / true),
            np.sqrt(np.mean(log**2)),
            100 * np.std(log),
            np.mean(np.abs(log)) / np.log(10),
            *(np.mean(worse < 1.25**power) for power in (1, 2, 3)),
        ],
        np.float64,
    )
