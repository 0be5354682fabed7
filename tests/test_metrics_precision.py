import numpy as np
import pytest

from painter_kit.metrics.detection import mask_iou
from painter_kit.metrics.precision import (
    AREAS,
    DETECTION,
    count_areas,
    match_areas,
    precision_metrics,
)
from tests.coco_oracle import CLASSES, NAMES, Picture, coco_metrics, draw_picture

PICTURES = [draw_picture(seed) for seed in range(24)]


def matched(picture: Picture, by_class: bool, known: bool = True) -> bytes:
    iou = mask_iou(picture.masks, picture.truth, picture.crowd)
    if by_class:
        iou = np.where(picture.labels[:, None] == picture.truth_labels, iou, -1)
    areas = picture.masks.sum(axis=(1, 2)), picture.areas if known else None
    found = match_areas(iou, picture.scores, picture.labels, areas, picture.crowd)
    return found.tobytes()


def counted(pictures: list[Picture], by_class: bool, known: bool = True) -> np.ndarray:
    classes = CLASSES if by_class else 1
    return np.array(
        [
            count_areas(p.truth_labels * by_class, p.areas if known else None, p.crowd, classes)
            for p in pictures
        ]
    )


def metrics(pictures: list[Picture], by_class: bool, weights: np.ndarray) -> dict:
    truths = np.tensordot(weights, counted(pictures, by_class), 1)
    return precision_metrics([matched(p, by_class) for p in pictures], weights, truths)


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize("part", [slice(0, 8), slice(8, 24), slice(3, 4)])
def test_every_ap_equals_cocos(part: slice, by_class: bool):
    pictures = PICTURES[part]
    expected = coco_metrics(pictures, by_class)
    found = metrics(pictures, by_class, np.ones((1, len(pictures))))
    assert set(found) == set(NAMES)
    for name in NAMES:
        value = -1 if np.isnan(found[name][0]) else found[name][0]
        assert value == pytest.approx(expected[name], abs=1e-12), name


@pytest.mark.parametrize("by_class", [False, True])
def test_weights_repeat_pictures(by_class: bool):
    weights = np.random.default_rng(0).integers(0, 3, (4, len(PICTURES)))
    together = metrics(PICTURES, by_class, weights)
    for row, times in enumerate(weights):
        repeated = [p for p, n in zip(PICTURES, times, strict=True) for _ in range(n)]
        alone = metrics(repeated, by_class, np.ones((1, len(repeated))))
        for name in NAMES:
            assert together[name][row] == pytest.approx(alone[name][0], abs=1e-12, nan_ok=True)


def test_the_order_of_pictures_does_not_matter_even_with_equal_scores():
    tied = [p._replace(scores=np.round(p.scores, 1)) for p in PICTURES]
    one = np.ones((1, len(tied)))
    forwards, backwards = (metrics(pictures, True, one) for pictures in (tied, tied[::-1]))
    assert forwards == backwards


def test_without_areas_there_are_no_ranges():
    payloads = [matched(p, False, known=False) for p in PICTURES]
    truths = counted(PICTURES, False, known=False).sum(axis=0)[None]
    found = precision_metrics(payloads, np.ones((1, len(PICTURES))), truths)
    expected = metrics(PICTURES, False, np.ones((1, len(PICTURES))))
    assert found["ap"] == pytest.approx(expected["ap"])
    assert np.isnan([found["ap_small"][0], found["ap_medium"][0], found["ap_large"][0]]).all()


def test_a_resample_without_truth_is_not_a_number():
    payloads, weights = [matched(PICTURES[1], False)], np.array([[1], [0]])
    truths = np.stack([counted(PICTURES[1:2], False)[0], np.zeros((len(AREAS), 1))])
    ap = precision_metrics(payloads, weights, truths)["ap"]
    assert np.isfinite(ap[0])
    assert np.isnan(ap[1])


def test_ignored_truth_is_neither_hit_nor_miss():
    similarity, none = np.array([[0.9, 0.0], [0.0, 0.9]]), np.zeros(2, bool)
    labels, sizes = np.zeros(2, np.int64), (np.full(2, 500.0), np.full(2, 500.0))
    ignored = np.array([True, False])
    scores = np.array([0.9, 0.8])
    found = match_areas(similarity, scores, labels, sizes, none, ignored=ignored)
    counts = count_areas(labels, sizes[1], ignored, 1)
    ap = precision_metrics([found.tobytes()], np.ones((1, 1)), counts[None])
    assert (ap["ap"][0], ap["ap_small"][0]) == pytest.approx((0.9, 0.9))
    assert (found["hit"][:, 0] > 0).tolist() == [False, True]
    plain = match_areas(similarity, scores, labels, sizes, none)
    assert (plain["hit"][:, 0] > 0).all()


def test_only_the_best_detections_are_kept():
    picture = PICTURES[0]
    iou = mask_iou(picture.masks, picture.truth, picture.crowd)
    found = match_areas(
        iou, picture.scores, picture.labels, (picture.scores, None), picture.crowd, limit=2
    )
    assert found.dtype == DETECTION
    assert found["score"].tolist() == sorted(picture.scores.tolist())[:-3:-1]
