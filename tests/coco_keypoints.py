"""COCO's own evaluation of keypoints, as an oracle."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.tasks.people import People

NAMES = ("ap", "ap50", "ap75", "ap_medium", "ap_large", "ar")


def results(image_id: int, people: People) -> list[dict[str, Any]]:
    """The people found in a picture in COCO's format of results."""
    rows = zip(people.points, people.scores, people.person_scores, strict=True)
    return [
        {
            "image_id": image_id,
            "category_id": 1,
            "keypoints": np.column_stack([points, scores]).ravel().tolist(),
            "score": float(score),
        }
        for points, scores, score in rows
    ]


def coco_metrics(truth: COCO, found: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The first six of COCO's summary; -1 where nothing is to be found."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(list(found)), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, map(float, evaluation.stats[:6]), strict=True))


def coco_truth(annotations: Sequence[dict[str, Any]], pictures: int) -> COCO:
    """Annotations of the pictures 0, 1 ... as pycocotools holds them."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": i} for i in range(pictures)],
            "annotations": list(annotations),
            "categories": [{"id": 1}],
        }
        truth.createIndex()
    return truth
