from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.errors import InputError
from painter_kit.model.builders import CONFIGS
from painter_kit.training.effort import (
    forward_rate,
    look_forwards,
    looks,
    planned_config,
    train_effort,
)
from painter_kit.training.loop import Trainer
from painter_kit.training.recipe import OptimSettings, TrainSettings
from painter_kit.training.state import STATE_FILE
from tests.training_toys import SETTINGS, TINY, flat_batches


def test_samples_go_back_through_weights_and_perhaps_again():
    settings = replace(SETTINGS, iterations=10, batch=4, accumulate=2, processes=3)
    found = train_effort(settings, TINY)
    assert (found.samples, found.each) == (240, 3.0)
    assert train_effort(replace(settings, checkpoint_blocks=True), TINY).each == 4.0


def test_validation_is_counted():
    settings = TrainSettings(
        iterations=100, mix={"depth": 1.0, "semantic": 1.0, "keypoint": 0.0}, validate_every=40,
        validation_examples=8, validation_prompts=2, validation_lists=("a", "b"), loss_examples=5,
    )  # fmt: skip
    assert looks(settings) == 3  # after 40 and 80, and at the end
    assert look_forwards(settings) == 2 * 8 * 2 + 2 * 5
    assert train_effort(settings, TINY).forwards == 3 * 42
    assert looks(replace(settings, validate_every=0)) == 1


def test_files_are_as_large_as_real_ones(tmp_path: Path):
    wide = replace(TINY, embed_dim=64, depth=4, taps=(0, 1, 2, 3))
    settings = replace(SETTINGS, ema=0.9, optim=OptimSettings(), iterations=1, save_every=1)
    Trainer(wide.build(), flat_batches(settings), settings, tmp_path).run()
    found = train_effort(settings, wide).storage
    assert found["state"] == pytest.approx((tmp_path / STATE_FILE).stat().st_size, rel=0.15)
    assert found["weights"] == 4 * sum(p.numel() for p in wide.build().parameters())


def test_what_is_frozen_has_no_optimiser_state():
    free = train_effort(SETTINGS, TINY).storage["state"]
    frozen = train_effort(replace(SETTINGS, freeze=("blocks.*",)), TINY).storage["state"]
    assert frozen < free
    with pytest.raises(InputError, match="matches no parameter"):
        train_effort(replace(SETTINGS, freeze=("nothing",)), TINY)


def test_a_start_that_is_not_there_yet_can_be_planned():
    settings = replace(SETTINGS, model="painter-vit-large", init="painter_vit_large.pth")
    assert planned_config(settings) == CONFIGS["painter-vit-large"]
    assert planned_config(replace(settings, init="world-tiny")) == CONFIGS["world-tiny"]


def test_a_larger_network_is_slower():
    small = forward_rate(SETTINGS, TINY, "cpu")
    large = forward_rate(
        SETTINGS, replace(TINY, embed_dim=128, depth=12, taps=(2, 5, 8, 11)), "cpu"
    )
    assert small > large > 0
