"""Counts per class and the segmentation metrics made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from painter_kit.metrics.ratio import Vector, mean_ratio_scores

Counts = npt.NDArray[np.float64]


def class_counts(
    prediction: npt.NDArray[np.integer],
    truth: npt.NDArray[np.integer],
    classes: int,
    ignored: int = 255,
) -> Counts:
    """float64 (3, K): pixels of the intersection, of the truth and of the prediction, per class.

    Pixels whose truth is ``ignored`` count nowhere; a prediction outside 0..K-1 counts for no
    class, so it is wrong.
    """
    known = truth != ignored
    predicted, true = prediction[known], truth[known]
    agreed = true[predicted == true]
    predicted = predicted[(predicted >= 0) & (predicted < classes)]
    return np.array(
        [np.bincount(v, minlength=classes) for v in (agreed, true, predicted)], np.float64
    )


def class_iou(counts: Counts) -> Vector:
    """float64 (K,): intersection over union; 0 where a class is neither true nor predicted."""
    intersection, true, predicted = counts
    union = true + predicted - intersection
    return intersection / np.where(union > 0, union, 1)


def segmentation_metrics(counts: Counts) -> dict[str, float]:
    """miou, macc, pacc, fwiou on the 0..1 scale, from counts summed over the whole set.

    Means are over the classes that the truth has. Raises ``ValueError`` when it has none.
    """
    intersection, true, _ = counts
    present = true > 0
    if not present.any():
        raise ValueError("the truth has no labelled pixel")
    iou = class_iou(counts)
    return {
        "miou": float(iou[present].mean()),
        "macc": float((intersection[present] / true[present]).mean()),
        "pacc": float(intersection.sum() / true.sum()),
        "fwiou": float((iou * true).sum() / true.sum()),
    }


def iou_scores(
    counts: npt.NDArray[np.float64],
    reference: Counts,
    examples: float,
    classes: Sequence[int] | None = None,
) -> Vector:
    """float64 (n,): first-order contribution of each example to the mean IoU.

    ``counts`` (n, 3, K), ``reference`` (3, K) their sum over ``examples`` examples under the
    reference prediction. With I, U intersection and union, example i contributes
    mIoU + mean over c of (I_ic - IoU_c U_ic) / (mean U_c at the reference). Classes that the
    reference's truth lacks are dropped; ``classes`` restricts the mean further.
    """
    present = np.flatnonzero(reference[1] > 0)
    if classes is not None:
        present = np.intersect1d(present, classes)
    if len(present) == 0:
        return np.zeros(len(counts))
    totals = reference[0, present], (reference[1] + reference[2] - reference[0])[present]
    union = counts[:, 1] + counts[:, 2] - counts[:, 0]
    return mean_ratio_scores(counts[:, 0, present], union[:, present], totals, examples)
