"""Named configurations and those read off a state dict."""

from dataclasses import replace

import pytest
import torch

from painter_kit.errors import InputError
from painter_kit.model.builders import CONFIGS, ModelConfig, get_config, infer_config
from tests.golden_models import golden_painter


def test_defaults_are_the_released_model():
    assert get_config("painter-vit-large") == ModelConfig()


def test_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown model 'wolrd-tiny'.*Did you mean 'world-tiny'"):
        get_config("wolrd-tiny")


@pytest.mark.parametrize("name", ["painter-vit-large", "painter-vit-base"])
def test_configuration_is_read_off_the_shapes(name):
    with torch.device("meta"):
        state = get_config(name).build().state_dict()
    assert infer_config(state) == get_config(name)


def test_configuration_of_a_golden_model_is_read_off_its_shapes():
    config = infer_config(golden_painter("B").state_dict())
    assert (config.img_size, config.patch_size, config.embed_dim) == ((128, 64), 16, 24)
    assert (config.num_heads, config.decoder_embed_dim, config.pretrain_img_size) == (2, 4, 48)
    assert config.taps == (5, 11, 17, 23)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"img_size": (100, 64)}, "img_size must be a multiple of patch_size 8"),
        ({"num_heads": 3}, "embed_dim must be a multiple of num_heads 3"),
        ({"taps": (1, 8)}, r"taps must lie in 0..7"),
        ({"merge_after": 8}, r"merge_after must lie in 0..7"),
        ({"merge_after": 2}, r"taps must not lie before merge_after 2, .* \[1, 3, 5, 7\]"),
    ],
)
def test_impossible_configurations_are_refused_in_words(change, message):
    with pytest.raises(InputError, match=message):
        replace(CONFIGS["world-tiny"], **change).build()


def test_taps_before_the_merge_are_refused():
    with pytest.raises(InputError, match=r"taps must not lie before merge_after 2.*\[1, 23\]"):
        ModelConfig(taps=(1, 23)).build()
    assert infer_config(CONFIGS["world-tiny"].build().state_dict()).merge_after == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"depth": 10**9}, "depth must be 1 to 512"),
        ({"embed_dim": 0}, "embed_dim must be 1"),
        ({"patch_size": -8}, "patch_size must be 1"),
        ({"num_heads": 10**6}, "num_heads must be 1"),
        ({"img_size": (2**30, 64)}, "img_size must be two sides"),
        ({"mlp_ratio": 1e12}, "mlp_ratio must be"),
        ({"mlp_ratio": float("nan")}, "mlp_ratio must be"),
    ],
)
def test_networks_that_no_memory_holds_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        replace(ModelConfig(), **changes).build()
