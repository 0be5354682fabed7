"""Instance AP by pycocotools itself, of generated pictures."""

import contextlib
import io
from typing import NamedTuple

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SIZE = (150, 200)
CLASSES = 5
NAMES = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large")


class Picture(NamedTuple):
    """Detections (masks, scores, labels) and truth (masks, labels, crowd, annotated areas)."""

    masks: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    truth: np.ndarray
    truth_labels: np.ndarray
    crowd: np.ndarray
    areas: np.ndarray


def draw_picture(seed: int) -> Picture:
    """Objects of all sizes; detections are shifted ones, of another class now and then, or false.

    Annotated areas differ a little from the masks', as those of polygons do.
    """
    rng = np.random.default_rng(seed)
    truth = _boxes(rng, int(rng.integers(0, 7)))
    labels = rng.integers(0, CLASSES, len(truth))
    moved = [np.roll(m, rng.integers(-6, 7, 2), (0, 1)) for m in truth for _ in range(2)]
    masks = np.concatenate([np.array(moved, bool).reshape(-1, *SIZE), _boxes(rng, 3)])
    found = np.concatenate([labels.repeat(2), rng.integers(0, CLASSES, 3)])
    wrong = rng.random(len(found)) < 0.2
    found[wrong] = rng.integers(0, CLASSES, wrong.sum())
    areas = truth.sum(axis=(1, 2)) * rng.uniform(0.95, 1.05, len(truth))
    crowd = rng.random(len(truth)) < 0.15
    scores = rng.random(len(masks)).astype(np.float32)
    return Picture(masks, scores, found, truth, labels, crowd, areas)


def _boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    masks = np.zeros((count, *SIZE), bool)
    for mask in masks:
        height, width = rng.choice([14, 30, 45, 110, 130], 2) + rng.integers(0, 8, 2)
        y, x = rng.integers(0, SIZE[0] - 20), rng.integers(0, SIZE[1] - 20)
        mask[y : y + height, x : x + width] = True
    return masks


def coco_metrics(pictures: list[Picture], by_class: bool) -> dict[str, float]:
    """The six APs of COCO; -1 where the range has no truth."""
    annotations, results = [], []
    for image, picture in enumerate(pictures, start=1):
        rows = zip(picture.truth, picture.truth_labels, picture.crowd, picture.areas, strict=True)
        for mask, label, crowd, area in rows:
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image, "category_id": int(label) + 1}
                | {"segmentation": _encode(mask), "iscrowd": int(crowd), "area": float(area)}
            )
        for mask, score, label in zip(picture.masks, picture.scores, picture.labels, strict=True):
            results.append(
                {"image_id": image, "category_id": int(label) + 1, "score": float(score)}
                | {"segmentation": _encode(mask)}
            )
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [
                {"id": i + 1, "height": p.masks.shape[1], "width": p.masks.shape[2]}
                for i, p in enumerate(pictures)
            ],
            "annotations": annotations,
            "categories": [{"id": c + 1} for c in range(CLASSES)],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.params.useCats = int(by_class)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, evaluation.stats[:6].tolist(), strict=True))


def _encode(mask: np.ndarray) -> dict:
    return coco_mask.encode(np.asfortranarray(mask, np.uint8))
