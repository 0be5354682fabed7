"""What is reported between two log lines."""

import math

import pytest
import torch

from painter_kit.training.meter import Meter, flat_warning, patch_contrast
from tests.training_toys import flat_batches


def canvas(seed: int = 0) -> torch.Tensor:
    return torch.randn(2, 3, 32, 16, generator=torch.Generator().manual_seed(seed))


def test_contrast_is_1_for_the_target_and_0_for_flat_patches():
    target, mask = canvas(), torch.ones(2, 8, 4)
    assert float(patch_contrast(target, target, mask, 4)) == pytest.approx(1)
    flat = torch.nn.functional.avg_pool2d(target, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert float(patch_contrast(flat, target, mask, 4)) == pytest.approx(0, abs=1e-6)
    assert float(patch_contrast(0.3 * target, target, mask, 4)) == pytest.approx(0.3)


def test_only_hidden_patches_whose_targets_vary_count():
    target, mask = canvas(), torch.ones(2, 8, 4)
    mask[:, :4] = 0
    target[0] = 1.0
    painted = target.clone()
    painted[:, :, :16] = 0  # visible
    painted[0] = canvas(1)[0]  # where the target is flat
    assert float(patch_contrast(painted, target, mask, 4)) == pytest.approx(1)
    assert math.isnan(float(patch_contrast(painted[:1], target[:1], mask[:1], 4)))


def test_flat_outputs_are_warned_of():
    assert "one flat colour per patch (contrast 0.020" in flat_warning(0.02)
    assert flat_warning(0.5) == flat_warning(math.nan) == ""


def test_a_summary_has_means_and_starts_anew():
    meter = Meter("l2", 4)
    batch = flat_batches().batch([0, 1])
    meter.note(batch, batch.targets + 0.5)
    meter.note(batch, batch.targets + 0.1)
    meter.data_seconds, meter.skipped = 0.3, 1
    values = meter.summary(seconds=2.0, iterations=4, samples=8)
    for name in ("invert", "red", "all"):
        assert values[f"loss/{name}"] == pytest.approx(0.13, rel=1e-4)
    assert values["train/samples_per_s"] == 16
    assert values["train/step_seconds"] == 0.5
    assert values["train/data_seconds"] == pytest.approx(0.075)
    assert values["health/skipped_updates"] == 1
    again = meter.summary(1.0, 1, 8)
    assert "loss/invert" not in again
    assert again["health/skipped_updates"] == again["train/data_seconds"] == 0


def test_what_is_not_finite_is_left_out_of_means():
    meter = Meter("l1", 4)
    batch = flat_batches().batch([0, 1])
    prediction = batch.targets + 0.5
    prediction[0] = math.nan
    meter.note(batch, prediction)
    values = meter.summary(1.0, 1, 2)
    assert values["loss/all"] == values["loss/red"] == pytest.approx(0.5, rel=1e-4)
    assert "loss/invert" not in values
