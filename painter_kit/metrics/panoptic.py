"""Panoptic quality: how segments of one picture match, and the metrics of summed counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from painter_kit.metrics.ratio import Vector, mean_ratio_scores

Counts = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]


def panoptic_counts(
    prediction: tuple[Integers, Integers],
    truth: tuple[Integers, Integers],
    crowd: npt.NDArray[np.bool_],
    classes: int,
) -> Counts:
    """float64 (4, K): per class TP, FP, FN and the sum of IoU over TP, of one picture.

    ``prediction`` and ``truth`` are each (segments, categories): segments (H, W) hold 0 for void
    and i + 1 where segment i is, categories (N,) the class 0..K-1 of each; ``crowd`` (N,) marks
    segments of the truth. As panopticapi has it: segments match when their classes are equal, the
    truth is no crowd and IoU > 0.5, where predicted pixels on void do not count in the union; a
    prediction without match is no error when more than half of it lies on void or on the last
    crowd of its class; crowds are never missed. Predictions without pixels do not count.
    """
    (found, found_class), (true, true_class) = prediction, truth
    shape = len(true_class) + 1, len(found_class) + 1
    pairs = true.ravel().astype(np.int64) * shape[1] + found.ravel()
    shared = np.bincount(pairs, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    area, void = shared.sum(axis=0)[1:], shared[0, 1:]
    inside = shared[1:, 1:]
    union = shared.sum(axis=1)[1:, None] + (area - void) - inside
    same = true_class[:, None] == found_class
    matched = same & ~crowd[:, None] & (2 * inside > union)
    iou = np.where(matched, inside, 0) / np.maximum(union, 1)
    excused = void.copy()
    for category in np.unique(true_class[crowd]):
        last = np.flatnonzero(crowd & (true_class == category))[-1]
        excused += np.where(found_class == category, inside[last], 0)
    hit_true, hit_found = matched.any(axis=1), matched.any(axis=0)
    false = (area > 0) & ~hit_found & (2 * excused <= area)
    counted = [
        np.bincount(true_class[hit_true], minlength=classes),
        np.bincount(found_class[false], minlength=classes),
        np.bincount(true_class[~hit_true & ~crowd], minlength=classes),
        np.bincount(true_class, iou.sum(axis=1), minlength=classes),
    ]
    return np.array(counted, np.float64)


def panoptic_quality(counts: Counts, classes: Integers) -> dict[str, Vector]:
    """pq, sq and rq, each float64 (R,) on the 0..1 scale, of R sums of ``panoptic_counts``.

    ``counts`` (R, 4, K). Means over those of ``classes`` that occur in truth or prediction
    (TP + FP + FN > 0); NaN when none does.
    """
    hit, false, missed, iou = counts[:, :, classes].swapaxes(0, 1)
    seen = hit + false + missed > 0
    ratios = {
        "pq": iou / np.where(seen, hit + (false + missed) / 2, 1),
        "sq": iou / np.where(hit > 0, hit, 1),
        "rq": hit / np.where(seen, hit + (false + missed) / 2, 1),
    }
    among = np.where(seen.any(axis=1), seen.sum(axis=1), np.nan)
    return {name: ratio.sum(axis=1) / among for name, ratio in ratios.items()}


def panoptic_scores(counts: Counts, reference: Counts, examples: float) -> Vector:
    """float64 (n,): first-order contribution of each example to the mean panoptic quality.

    ``counts`` (n, 4, K), ``reference`` (4, K) their sum over ``examples`` examples under the
    reference prediction; classes that it lacks are dropped. PQ of a class is the ratio of the sum
    of IoU to TP + FP / 2 + FN / 2.
    """
    base = reference[0] + (reference[1] + reference[2]) / 2
    seen = np.flatnonzero(base > 0)
    if len(seen) == 0:
        return np.zeros(len(counts))
    bases = counts[:, 0] + (counts[:, 1] + counts[:, 2]) / 2
    return mean_ratio_scores(
        counts[:, 3, seen], bases[:, seen], (reference[3, seen], base[seen]), examples
    )
