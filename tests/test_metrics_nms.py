from pathlib import Path

import numpy as np
import pytest

from painter_kit.metrics.detection import mask_iou
from painter_kit.metrics.nms import matrix_nms

GOLDEN = np.load(Path(__file__).parent / "golden" / "instance_codec.npz")


@pytest.mark.parametrize("kernel", ["gaussian", "linear"])
@pytest.mark.parametrize("by_class", [False, True])
def test_recorded_decay(kernel, by_class):
    masks = np.unpackbits(GOLDEN["nms_masks_packed"], axis=-1)[..., :30].astype(bool)
    iou = mask_iou(masks, masks, np.zeros(len(masks), bool))
    labels = GOLDEN["nms_labels"] if by_class else None
    scores = matrix_nms(iou, GOLDEN["nms_scores"], kernel, 2.0, labels)
    kept = np.argsort(-scores, kind="stable")[:25]
    name = f"nms_{kernel}_{'classwise' if by_class else 'agnostic'}"
    np.testing.assert_array_equal(kept, GOLDEN[f"{name}_keep"])
    np.testing.assert_allclose(scores[kept], GOLDEN[f"{name}_scores"], atol=1e-6)


def test_a_duplicate_of_the_best_decays_by_exp_minus_sigma():
    scores = matrix_nms(np.ones((2, 2)), np.array([0.5, 0.9]), sigma=2.0)
    assert scores.tolist() == pytest.approx([0.5 * np.exp(-2), 0.9])


def test_the_linear_kernel_survives_duplicates():
    iou = np.array([[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]])
    scores = matrix_nms(iou, np.array([0.9, 0.8, 0.7]), "linear")
    assert scores.tolist() == pytest.approx([0.9, 0, 0.35])


def test_masks_apart_keep_their_scores():
    scores = np.array([0.3, 0.9, 0.3])
    assert matrix_nms(np.eye(3), scores).tolist() == scores.tolist()
    assert matrix_nms(np.zeros((0, 0)), np.zeros(0)).shape == (0,)
