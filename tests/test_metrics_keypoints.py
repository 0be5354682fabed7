import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from painter_kit.metrics.keypoints import oks, pck

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
