"""The masked loss in numbers that can be checked by hand."""

import math

import pytest
import torch

from painter_kit.model.losses import (
    elementwise_loss,
    masked_loss,
    pixel_mask,
    sample_losses,
    sees_enough,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("smoothl1", [0.5 * 0.005**2 / 0.01, 0.5 - 0.005]),
        ("l1", [0.005, 0.5]),
        ("l2", [0.005**2, 0.25]),
        ("l1l2", [0.5 * (0.005 + 0.005**2), 0.375]),
    ],
)
def test_element_losses(name, expected):
    loss = elementwise_loss(name, torch.tensor([0.005, -0.5]), torch.zeros(2))
    assert loss.tolist() == pytest.approx(expected)


def test_weights_enter_numerator_and_denominator():
    prediction, target = torch.ones(1, 1, 1, 2), torch.tensor([[[[0.0, 3.0]]]])
    hidden, valid = torch.ones(1, 1, 1, 2), torch.tensor([[[[10.0, 1.0]]]])
    loss = masked_loss("l1", prediction, target, hidden, valid)
    assert loss.item() == pytest.approx((10 * 1 + 1 * 2) / (11 + 0.01))


def test_half_precision_predictions_are_compared_in_single():
    prediction = torch.full((1, 3, 4, 4), 0.1, dtype=torch.bfloat16)
    ones = torch.ones(1, 3, 4, 4)
    loss = masked_loss("l1", prediction, torch.zeros(1, 3, 4, 4), ones[:, :1], ones)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(float(prediction[0, 0, 0, 0]), rel=1e-3)


def test_pixel_mask_repeats_tokens():
    mask = torch.tensor([[[1, 0]]])
    assert pixel_mask(mask, 2).tolist() == [[[[1, 1, 0, 0], [1, 1, 0, 0]]]]


def test_a_sample_needs_a_hundred_white_visible_pixels():
    mean, std = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    targets = torch.zeros(2, 3, 20, 20)
    targets[:, :, :5, :] = 1.0
    hidden = torch.zeros(2, 1, 20, 20)
    hidden[1, :, 0, 0] = 1  # 99 white pixels stay visible
    assert sees_enough(targets, hidden, mean, std).tolist() == [True, False]


def test_sample_losses_are_per_sample_and_nan_where_nothing_counts():
    prediction, targets = torch.zeros(2, 3, 2, 2), torch.ones(2, 3, 2, 2)
    targets[0] *= 2
    hidden, valid = torch.ones(2, 1, 2, 2), torch.ones(2, 3, 2, 2)
    assert sample_losses("l1", prediction, targets, hidden, valid).tolist() == [2.0, 1.0]
    valid[1] = 0
    losses = sample_losses("l1", prediction, targets, hidden, valid).tolist()
    assert losses[0] == 2.0
    assert math.isnan(losses[1])
