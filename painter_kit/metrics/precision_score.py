"""What each picture contributes to average precision: a first order that adds up over pictures.

With the true and all detections counted by their score, precision at a score is the share of the
true among those that are not below it, and average precision the sum of precisions at the true
ones over the number of objects. (COCO samples it at 101 recalls and takes the best precision from
there on, which hardly matters among many detections.) Its derivative by the counts, times the
counts of a picture, is the picture's contribution.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from painter_kit.metrics.detection import flags
from painter_kit.metrics.precision import PRECISIONS

LEVELS = 16  # of scores in 0..1; finer ones order prompts no better

Floats = npt.NDArray[np.float64]


def level_counts(matches: npt.NDArray[np.void], metric: str) -> Floats:
    """float64 (T * 2 * LEVELS,): detections of ``match_areas`` by score, the best level first.

    For each threshold of ``metric``, a key of ``PRECISIONS``: how many are true, and how many are
    true or false; those that are neither are not counted.
    """
    places = PRECISIONS[metric]
    level = LEVELS - 1 - np.clip((matches["score"] * LEVELS).astype(int), 0, LEVELS - 1)
    hit, ignored = (flags(matches[name][:, 0])[places] for name in ("hit", "ignored"))
    counts = np.zeros((len(places), 2, LEVELS))
    for own, true, counted in zip(counts, hit, hit | ~ignored, strict=True):
        own[0] = np.bincount(level[true], minlength=LEVELS)
        own[1] = np.bincount(level[counted], minlength=LEVELS)
    return counts.ravel()


def precision_scores(
    counts: Floats, objects: Floats, reference: tuple[Floats, float], examples: float
) -> Floats:
    """float64 (n,): first-order contribution of each picture to the average precision.

    ``counts`` (n, T * 2 * LEVELS) of ``level_counts`` and ``objects`` (n,) of each picture;
    ``reference`` their sums over ``examples`` pictures. The mean over the reference's own pictures
    is its average precision; a picture without detections and objects is neutral. All zeros when
    the reference has no object.
    """
    shape = (-1, 2, LEVELS)
    sums, total = reference[0].reshape(shape), reference[1]
    if total <= 0:
        return np.zeros(len(counts))
    true, every = sums[:, 0], sums[:, 1]
    # Within a level the order is not known: half of it precedes each of its detections.
    above, of = (np.cumsum(n, axis=1) - n / 2 for n in (true, every))
    share = 1 / np.where(of > 0, of, np.inf)
    precision = above * share
    average = (true * precision).sum(axis=1) / total
    by_true = precision + _from(true * share)
    by_every = -_from(true * precision * share)
    own = counts.reshape(len(counts), *sums.shape)
    change = (own[:, :, 0] * by_true + own[:, :, 1] * by_every).sum(axis=2) / total
    change -= average * objects[:, None] / total
    return np.asarray(average.mean() + examples * change.mean(axis=1))


def _from(values: Floats) -> Floats:
    """Sums over the levels from each on, of itself the half."""
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1] - values / 2
