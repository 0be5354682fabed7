import numpy as np
import pytest

from painter_kit.metrics.detection import MATCH, flags, largest_sum, mask_iou, match


def test_the_better_detection_takes_the_truth():
    similarity = np.array([[0.6, 0.0], [0.9, 0.0]])
    found = match(similarity, np.array([0.4, 0.8]), np.zeros(2, bool))
    assert found["score"].tolist() == pytest.approx([0.8, 0.4])
    assert found["hit"].tolist() == [0b111111111, 0]
    assert flags(found["hit"]).sum(axis=1).tolist() == [1] * 9 + [0]


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


def test_nobody_there_and_everybody_found():
    nothing = match(np.zeros((1, 0)), np.ones(1), np.zeros(0, bool))
    assert nothing.dtype == MATCH
    assert not flags(nothing["hit"]).any()
    perfect = match(np.eye(3), np.ones(3), np.zeros(3, bool))
    assert flags(perfect["hit"]).all()
    assert not flags(perfect["ignored"]).any()


def test_mask_iou_by_hand():
    masks = np.zeros((2, 4, 6), bool)
    masks[0, :2], masks[1, 1:3] = True, True
    iou = mask_iou(masks, masks, np.array([False, True]))
    np.testing.assert_allclose(iou, [[1, 0.5], [1 / 3, 1]])
    assert mask_iou(masks, masks[:0], np.zeros(0, bool)).shape == (2, 0)


def test_largest_sum_assigns_one_to_one():
    assert largest_sum(np.array([[0.9, 0.8], [0.8, 0.1], [0.0, 0.0]])) == pytest.approx(1.6)
    assert largest_sum(np.zeros((3, 0))) == 0
