"""Recall of class-agnostic instances by the kind of their category: seen before or novel.

Protocol: as COCO's evaluation without categories in which all objects of other kinds are neither
hit nor miss. Detections choose in order of score, an object of the kind before any other one; what
takes an object of another kind, or nothing, is not counted, so that a kind's recall is the share of
its objects found among the best ``keep`` detections of a picture. Precision has no kinds: a
detection that takes nothing belongs to none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from painter_kit.metrics.detection import flags, match

KINDS = ("things", "stuff", "novel")

Floats = npt.NDArray[np.float64]


def kind_values(
    iou: Floats,
    scores: npt.NDArray[np.floating],
    crowd: npt.NDArray[np.bool_],
    kinds: npt.NDArray[np.integer],
    keep: int,
) -> Floats:
    """float64 (6,): per kind objects found, mean over thresholds, then objects per kind.

    ``iou`` (D, G) of detections with the truth, ``scores`` (D,), ``crowd`` and ``kinds`` (G,).
    """
    found = np.zeros(len(KINDS))
    counted = [(kinds == kind) & ~crowd for kind in range(len(KINDS))]
    for kind, own in enumerate(counted):
        if own.any():
            hits = match(iou, scores, crowd, keep, ignored=~own)["hit"]
            found[kind] = flags(hits).sum(axis=1).mean()
    return np.concatenate([found, [own.sum() for own in counted]])


def kind_metrics(sums: Floats) -> dict[str, Floats]:
    """``ar_things``, ``ar_stuff`` and ``ar_novel``, (R,), of summed values (R, 6); NaN where there
    is no object of the kind."""
    found, objects = np.split(sums, 2, axis=1)
    shares = found / np.where(objects > 0, objects, np.nan)
    return {f"ar_{kind}": shares[:, place] for place, kind in enumerate(KINDS)}
