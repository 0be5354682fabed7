from dataclasses import replace

import numpy as np
import pytest
import torch

from painter_kit.evaluation.features import feature_cost, image_features
from painter_kit.inference.predictor import Predictor
from tests.training_toys import TINY

RNG = np.random.default_rng(0)
PICTURES = list(RNG.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    torch.manual_seed(0)
    return Predictor(TINY.build(), batch_size=2)


def test_one_vector_per_picture_whatever_the_batch(predictor: Predictor):
    features = image_features(predictor, PICTURES)
    assert (features.shape, features.dtype) == ((5, 16), np.float32)
    alone = image_features(predictor, PICTURES[3:4])
    np.testing.assert_allclose(alone[0], features[3], atol=1e-6)
    wide = image_features(Predictor(predictor.model, batch_size=8), PICTURES)
    np.testing.assert_allclose(wide, features, atol=1e-5)
    assert image_features(predictor, []).shape == (0, 16)


def test_the_image_stream_of_the_model_itself(predictor: Predictor):
    """Caught where the network merges its streams."""
    caught = []
    model = predictor.model
    hook = model.blocks[model.merge_after].register_forward_hook(
        lambda module, args, out: caught.append(out)
    )
    from painter_kit.inference.canvas import to_tensor

    picture = np.concatenate([PICTURES[0]] * 2)[None]
    canvas, mask = to_tensor(picture, "cpu"), torch.ones(1, 8, 4)
    with torch.no_grad():
        model.encode(canvas, canvas, mask)
    hook.remove()
    expected = caught[0][0, 4:].mean((0, 1)).numpy()  # the first of the batch is the image stream
    np.testing.assert_allclose(image_features(predictor, PICTURES[:1])[0], expected, atol=1e-5)


def test_like_pictures_have_like_features(predictor: Predictor):
    near = np.clip(PICTURES[0].astype(int) + 3, 0, 255).astype(np.uint8)
    a, b, c = image_features(predictor, [PICTURES[0], near, np.zeros_like(near)])
    assert np.linalg.norm(a - b) < np.linalg.norm(a - c)


def test_the_cost_is_a_share_of_one_forward(predictor: Predictor):
    assert feature_cost(predictor.model) == pytest.approx(1 / 3)  # 1 of 2 + 1 blocks
    assert feature_cost(replace(TINY, merge_after=None).build()) == 1.0
