import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from painter_kit.metrics.keypoints import (
    correct_joints,
    oks,
    oks_nms,
    oks_table,
    pck,
    person_scores,
)

SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
FOUND = np.ones(17, bool)


def person(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.concatenate([rng.uniform(0, 200, (17, 2)), rng.integers(0, 3, (17, 1))], axis=1)
    return truth[:, :2] + rng.normal(0, 8, (17, 2)), truth


@pytest.mark.parametrize("seed", range(3))
def test_oks_equals_cocos(seed):
    points, truth = person(seed)
    area = 9000.0
    evaluation = COCOeval(iouType="keypoints")
    evaluation.params.kpt_oks_sigmas = SIGMAS
    detected = np.concatenate([points, np.ones((17, 1))], axis=1).ravel().tolist()
    evaluation._dts = {(1, 1): [{"keypoints": detected, "score": 1.0}]}
    evaluation._gts = {
        (1, 1): [{"keypoints": truth.ravel().tolist(), "area": area, "bbox": [0, 0, 200, 200]}]
    }
    expected = evaluation.computeOks(1, 1)[0, 0]
    assert 0 < expected < 1
    assert oks(points, truth, area, SIGMAS, FOUND) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_the_table_of_a_picture_equals_cocos(seed):
    rng = np.random.default_rng(seed)
    truth = np.array([person(10 * seed + i)[1] for i in range(4)])
    truth[3, :, 2] = 0  # nothing labelled: measured by its box
    points = np.array([*(person(10 * seed + i)[0] for i in range(3)), rng.uniform(0, 90, (17, 2))])
    boxes = rng.uniform(5, 60, (4, 4))
    areas = rng.uniform(500, 9000, 4)
    evaluation = COCOeval(iouType="keypoints")
    evaluation.params.kpt_oks_sigmas = SIGMAS
    ones = np.ones((4, 17, 1))
    flat = np.concatenate([points, ones], axis=2).reshape(4, -1).tolist()
    evaluation._dts = {(1, 1): [{"keypoints": f, "score": 1.0 - i} for i, f in enumerate(flat)]}
    people = zip(truth, areas.tolist(), boxes.tolist(), strict=True)
    evaluation._gts = {
        (1, 1): [{"keypoints": t.ravel().tolist(), "area": a, "bbox": b} for t, a, b in people]
    }
    found = oks_table(points, truth, boxes, areas, SIGMAS)
    np.testing.assert_allclose(found, evaluation.computeOks(1, 1), rtol=1e-12)
    assert 0 < found[3, 3] < 1


def test_a_table_without_persons_is_empty():
    nobody = np.zeros((0, 17, 3))
    assert oks_table(np.zeros((2, 17, 2)), nobody, np.zeros((0, 4)), [], SIGMAS).shape == (2, 0)
    table = oks_table(nobody[..., :2], np.ones((1, 17, 3)), np.ones((1, 4)), np.ones(1), SIGMAS)
    assert table.shape == (0, 1)


def slow_nms(points, scores, areas, threshold):
    """One person after the other, keypoint by keypoint."""
    kept = []
    for candidate in sorted(range(len(scores)), key=lambda i: -scores[i]):
        similar = False
        for better in kept:
            total = 0.0
            for k in range(17):
                dx, dy = points[candidate][k] - points[better][k]
                spread = 2 * (2 * SIGMAS[k]) ** 2 * (areas[candidate] + areas[better]) / 2
                total += np.exp(-(dx**2 + dy**2) / spread)
            similar |= total / 17 > threshold
        if not similar:
            kept.append(candidate)
    return kept


@pytest.mark.parametrize("threshold", [0.5, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_nms_equals_a_slow_loop(seed, threshold):
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 120, (4, 17, 2))
    points = places[rng.integers(0, 4, 16)] + rng.normal(0, 2.5, (16, 17, 2))
    scores, areas = rng.random(16), rng.uniform(4000, 30000, 16)
    kept = oks_nms(points, scores, areas, SIGMAS, threshold)
    assert kept.tolist() == slow_nms(points, scores, areas, threshold)
    assert 1 < len(kept) < 16


def test_nms_keeps_the_first_of_two_equals_and_nobody_of_nobody():
    points = np.zeros((2, 17, 2))
    assert oks_nms(points, np.ones(2), np.ones(2), SIGMAS, 0.9).tolist() == [0]
    assert oks_nms(points[:0], np.ones(0), np.ones(0), SIGMAS, 0.9).tolist() == []


def test_a_person_scores_what_its_clear_keypoints_score():
    scores = np.array([[0.9, 0.5, 0.2, 0.1], [0.2, 0.0, 0.1, 0.2]])
    assert person_scores(scores, np.array([0.5, 1.0]), 0.2).tolist() == pytest.approx([0.35, 0.0])


def test_oks_of_a_perfect_and_of_a_missing_person():
    _, truth = person(0)
    assert oks(truth[:, :2], truth, 100.0, SIGMAS, FOUND) == 1
    assert oks(truth[:, :2], truth, 100.0, SIGMAS, ~FOUND) == 0


def test_oks_needs_a_label():
    with pytest.raises(ValueError, match="labelled"):
        oks(np.zeros((1, 2)), np.zeros((1, 3)), 1.0, SIGMAS[:1], np.ones(1, bool))


def test_pck_counts_labelled_found_points_within_reach():
    truth = np.array([[0, 0, 2], [0, 0, 1], [0, 0, 2], [0, 0, 0], [0, 0, 2]], float)
    points = np.array([[3, 4], [0, 6], [0, 0], [0, 0], [1, 1]], float)
    found = np.array([True, True, False, True, True])
    assert pck(points, truth, 5.0, found) == 2


def test_correct_joints_are_labelled_found_and_near():
    truth = np.array([[0, 0, 2], [10, 0, 1], [20, 0, 0], [30, 0, 2], [40, 0, 2]], float)
    points = truth[:, :2] + np.array([[3, 4], [0, 5.01], [0, 0], [0, 0], [0, 1]])
    found = np.array([True, True, True, False, True])
    right = correct_joints(points, truth, 5.0, found)
    assert right.tolist() == [True, False, False, False, True]
    assert pck(points, truth, 5.0, found) == 2
