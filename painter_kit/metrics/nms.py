"""Matrix NMS: scores of overlapping masks decay together (Gaussian or linear)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Kernel = Literal["gaussian", "linear"]


def matrix_nms(
    iou: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating],
    kernel: Kernel = "gaussian",
    sigma: float = 2.0,
    labels: npt.NDArray[np.integer] | None = None,
) -> npt.NDArray[np.float64]:
    """float64 (n,): ``scores`` times their decay, in the given order.

    ``iou`` (n, n) between masks. With masks ordered by score, the decay of j is the minimum over
    the better i of f(iou_ij) / f(c_i), c_i being i's own largest overlap with a better mask and
    f(x) = exp(-sigma x^2) or 1 - x. ``labels`` confines decay to masks of one class.
    """
    order = np.argsort(-scores, kind="stable")
    overlap = np.triu(iou[np.ix_(order, order)].astype(np.float64), k=1)
    if labels is not None:
        same = labels[order]
        overlap *= same[:, None] == same
    own = overlap.max(axis=0, initial=0)[:, None]
    # f falls, so the smallest ratio is found before f is applied.
    if kernel == "gaussian":
        decay = np.exp(-sigma * (overlap**2 - own**2).max(axis=0, initial=0))
    else:
        # A mask that is itself an exact duplicate says nothing about the others.
        decay = np.where(own < 1, (1 - overlap) / np.where(own < 1, 1 - own, 1), np.inf)
        decay = decay.min(axis=0, initial=1)
    result = np.empty(len(scores))
    result[order] = scores[order] * decay
    return result
