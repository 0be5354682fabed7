"""Cost that is computed against cost that is real."""

from dataclasses import replace

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from painter_kit.errors import PainterKitError
from painter_kit.model.builders import CONFIGS
from painter_kit.training.memory import footprint, memory_in_words
from painter_kit.training.precision import autocast
from painter_kit.training.recipe import OptimSettings, TrainSettings
from tests.training_toys import SETTINGS, TINY, flat_batches

WIDE = replace(TINY, embed_dim=32, depth=4, taps=(0, 1, 2, 3))


@pytest.mark.parametrize("checkpoint_blocks", [False, True])
def test_activations_are_those_of_a_real_pass(checkpoint_blocks: bool):
    settings = replace(SETTINGS, batch=3, checkpoint_blocks=checkpoint_blocks)
    model = WIDE.build().train()
    model.checkpoint_blocks = checkpoint_blocks
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, int] = {}
    held = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            held.append(tensor)
        return tensor

    batch = flat_batches(settings).batch(range(3))
    with saved_tensors_hooks(keep, lambda t: t):
        model(batch.images, batch.targets, batch.mask.float(), batch.valid)
    found = footprint(settings, WIDE, 1000)
    assert found.activations == pytest.approx(sum(kept.values()), rel=0.05)


def test_what_is_held_follows_the_recipe():
    count = sum(p.numel() for p in TINY.build().parameters())
    adamw = footprint(SETTINGS, TINY, count)
    expected = {"weights": 4, "gradients": 4, "optimiser": 8, "average": 4}
    assert adamw.held == {name: size * count for name, size in expected.items()}
    muon = replace(SETTINGS, ema=0.0, optim=OptimSettings(name="muon"))
    assert footprint(muon, TINY, 10).held == {
        "weights": 4 * count,
        "gradients": 40,
        "optimiser": 40,
    }
    assert f"{count:,} parameters" in adamw.text


def test_the_released_model_without_its_weights():
    """Known: 370,721,155 parameters; blocks and decoder alone are 2 x weights x tokens."""
    config = CONFIGS["painter-vit-large"]
    settings = TrainSettings(model="painter-vit-large", batch=1, checkpoint_blocks=True)
    found = footprint(settings, config, 370_721_155)
    assert found.parameters == 370_721_155
    blocks = 24 * 12 * 1024**2 * (24 + 3) / 24  # three of them see both streams
    least = 2 * 1568 * (blocks + 4096 * 16384)
    assert least < found.forward_flops < 1.6 * least


def test_half_precision_and_checkpointing_keep_less():
    plain = footprint(SETTINGS, WIDE, 1000).activations
    assert footprint(replace(SETTINGS, precision="bf16"), WIDE, 1000).activations < 0.8 * plain
    again = replace(SETTINGS, checkpoint_blocks=True)
    assert footprint(again, WIDE, 1000).activations < 0.8 * plain


def test_too_little_memory_is_told_with_what_helps():
    with (
        pytest.raises(PainterKitError, match="halve batch and double accumulate"),
        memory_in_words(),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_network_computes_with_data_afterwards(precision: str):
    height, width = TINY.img_size
    pictures = torch.zeros(1, 3, height, width)
    mask = torch.zeros(1, height // TINY.patch_size, width // TINY.patch_size)
    footprint(replace(SETTINGS, precision=precision), TINY, 0)
    with autocast(precision, torch.device("cpu")):
        painted = TINY.build()(pictures, pictures, mask, pictures).prediction
    assert type(painted) is torch.Tensor
