import contextlib
import io

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.metrics.detection import (
    MATCH,
    THRESHOLDS,
    average_precision,
    hits,
    largest_sum,
    mask_iou,
    match,
)

SIZE = (24, 32)
Case = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    masks = np.zeros((count, *SIZE), bool)
    for mask in masks:
        y, x = rng.integers(0, 16), rng.integers(0, 22)
        mask[y : y + rng.integers(4, 12), x : x + rng.integers(4, 12)] = True
    return masks


def case(rng: np.random.Generator) -> Case:
    """Random (detections, scores, truth, crowd); most detections are shifted truth."""
    truth = boxes(rng, rng.integers(0, 6))
    moved = [np.roll(m, rng.integers(-2, 3, 2), (0, 1)) for m in truth for _ in range(2)]
    detections = np.concatenate([np.array(moved).reshape(-1, *SIZE), boxes(rng, 3)]).astype(bool)
    crowd = rng.random(len(truth)) < 0.2
    return detections, rng.random(len(detections)).astype(np.float32), truth, crowd


def coco_ap(cases: list[Case]) -> np.ndarray:
    """AP per threshold by the COCO evaluation itself."""
    annotations, results = [], []
    for image, (detections, scores, truth, crowd) in enumerate(cases):
        for mask, is_crowd in zip(truth, crowd, strict=True):
            shape = encode(mask)
            area, number = float(mask.sum()), len(annotations) + 1
            annotations.append(
                {"id": number, "image_id": image, "category_id": 1, "segmentation": shape}
                | {"iscrowd": int(is_crowd), "area": area, "bbox": [0, 0, 1, 1]}
            )
        for mask, score in zip(detections, scores, strict=True):
            results.append(
                {"image_id": image, "category_id": 1, "segmentation": encode(mask)}
                | {"score": float(score)}
            )
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": i, "height": SIZE[0], "width": SIZE[1]} for i in range(len(cases))],
            "annotations": annotations,
            "categories": [{"id": 1}],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]  # thresholds, recalls, classes, areas, limits
    return precision[:, :, 0, 0, -1].mean(axis=1)


def encode(mask: np.ndarray) -> dict:
    return coco_mask.encode(np.asfortranarray(mask, np.uint8))


def matched(one: Case) -> np.ndarray:
    detections, scores, truth, crowd = one
    return match(mask_iou(detections, truth, crowd), scores, crowd)


@pytest.mark.parametrize("seed", range(6))
def test_average_precision_equals_cocos(seed):
    rng = np.random.default_rng(seed)
    cases = [case(rng) for _ in range(12)]
    truths = sum(int((~crowd).sum()) for *_, crowd in cases)
    payloads = [matched(c).tobytes() for c in cases]
    np.testing.assert_allclose(average_precision(payloads, truths), coco_ap(cases), atol=1e-12)


def test_the_order_of_pictures_does_not_matter_even_with_equal_scores():
    rng = np.random.default_rng(9)
    cases = [(d, np.round(s, 1), t, c) for d, s, t, c in (case(rng) for _ in range(10))]
    payloads = [matched(c).tobytes() for c in cases]
    forwards, backwards = average_precision(payloads, 30), average_precision(payloads[::-1], 30)
    assert forwards.tolist() == backwards.tolist()


def test_the_better_detection_takes_the_truth():
    similarity = np.array([[0.6, 0.0], [0.9, 0.0]])
    found = match(similarity, np.array([0.4, 0.8]), np.zeros(2, bool))
    assert found["score"].tolist() == pytest.approx([0.8, 0.4])
    assert found["hit"].tolist() == [0b111111111, 0]
    assert hits(found).tolist() == [1] * 9 + [0]


def test_crowds_are_neither_hit_nor_miss_and_shared():
    found = match(np.ones((2, 1)), np.array([0.4, 0.8]), np.ones(1, bool))
    assert found["hit"].tolist() == [0, 0]
    assert found["ignored"].tolist() == [0b1111111111] * 2


def test_ignored_truth_is_taken_last_and_only_once():
    nobody, ignored = np.zeros(2, bool), np.array([True, False])
    similarity = np.array([[0.99, 0.6], [0.99, 0.6], [0.99, 0.6]])
    found = match(similarity, np.array([0.9, 0.8, 0.7]), nobody, ignored=ignored)
    assert found["hit"].tolist() == [0b111, 0, 0]  # OKS 0.6: the first three thresholds
    # Where the first takes the better one, the second takes the ignored one, and none is left.
    assert found["ignored"].tolist() == [0b1111111000, 0b111, 0]


def test_detections_of_another_size_are_no_false_ones():
    similarity = np.array([[0.7], [0.1], [0.1]])
    outside = np.array([True, True, False])
    found = match(similarity, np.array([0.9, 0.8, 0.7]), np.zeros(1, bool), outside=outside)
    assert found["hit"].tolist() == [0b11111, 0, 0]
    assert found["ignored"].tolist() == [0b1111100000, 0b1111111111, 0]


def test_only_the_best_detections_count():
    found = match(np.eye(3), np.array([0.1, 0.9, 0.5]), np.zeros(3, bool), limit=2)
    assert found["score"].tolist() == pytest.approx([0.9, 0.5])


def test_extremes():
    assert average_precision([], 5).tolist() == [0] * len(THRESHOLDS)
    nothing = match(np.zeros((1, 0)), np.ones(1), np.zeros(0, bool))
    assert nothing.dtype == MATCH
    assert average_precision([nothing.tobytes()], 1).tolist() == [0] * len(THRESHOLDS)
    perfect = match(np.eye(3), np.ones(3), np.zeros(3, bool)).tobytes()
    assert average_precision([perfect, perfect], 6).tolist() == pytest.approx([1] * 10)


def test_mask_iou_by_hand():
    masks = np.zeros((2, 4, 6), bool)
    masks[0, :2], masks[1, 1:3] = True, True
    iou = mask_iou(masks, masks, np.array([False, True]))
    np.testing.assert_allclose(iou, [[1, 0.5], [1 / 3, 1]])
    assert mask_iou(masks, masks[:0], np.zeros(0, bool)).shape == (2, 0)


def test_largest_sum_assigns_one_to_one():
    assert largest_sum(np.array([[0.9, 0.8], [0.8, 0.1], [0.0, 0.0]])) == pytest.approx(1.6)
    assert largest_sum(np.zeros((3, 0))) == 0
