"""What a training starts from, and what is refused before it starts."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from painter_kit.errors import InputError
from painter_kit.training.inputs import read_inputs, start_model
from painter_kit.training.recipe import network_config
from tests.training_toys import SETTINGS, TINY, noise_pairs, saved

SMALL = replace(SETTINGS, mix={"denoise": 1.0}, validation_prompts=1)


def test_seggpts_type_tokens_come_with_its_checkpoint(tmp_path: Path):
    start = saved(tmp_path, replace(TINY, type_tokens=True))
    settings = replace(SMALL, init=start)
    config = network_config(settings)
    assert config.type_tokens
    assert start_model(settings, config).type_tokens


def test_a_network_that_a_checkpoint_does_not_fit_is_named(tmp_path: Path):
    settings = replace(SMALL, init=saved(tmp_path), network={"decoder_embed_dim": 8})
    with pytest.raises(InputError, match=r"does not fit network .*size mismatch"):
        start_model(settings, network_config(settings))


def test_a_dataset_has_pools_and_the_world_has_none(tmp_path: Path):
    settings = replace(SMALL, data=noise_pairs(tmp_path), validation_examples=1)
    inputs = read_inputs(settings)
    assert inputs.pools
    assert {task: len(pool) for task, pool in inputs.pools.items()} == {"denoise": 16}
    assert [dataset.name for dataset in inputs.validated] == [settings.data]
    assert inputs.held_out is None
    assert read_inputs(SMALL).pools is None


def test_a_seed_makes_the_same_network():
    first, second = (read_inputs(SMALL).model.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    frozen = read_inputs(replace(SMALL, freeze=("blocks.*",))).model
    trained = [name for name, value in frozen.named_parameters() if value.requires_grad]
    assert trained
    assert not any(name.startswith("blocks.") for name in trained)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": {"loss": "l3"}}, "network: loss must be one of"),
        ({"network": {"head": "heavy"}}, "network: head must be one of"),
        ({"network": {"merge_after": 99}}, "merge_after must lie in"),
        ({"mix": {"denoise": -1.0}}, "mix must be shares of at least 0"),
        ({"mix": {}}, "mix must be shares of at least 0"),
        ({"mix": {"cooking": 1.0}}, "mix: unknown task 'cooking'"),
        ({"random_coding": {"cooking": 1.0}}, "random_coding: unknown task 'cooking'"),
        ({"freeze": ("cooking",)}, "freeze: 'cooking' matches no parameter"),
        ({"init": "nowhere.pth"}, "checkpoint 'nowhere.pth': no such file"),
        ({"compile": "turbo"}, "compile must be one of"),
        ({"data": "nowhere"}, "unknown data 'nowhere'"),
        ({"validation_data": ("nowhere",), "validation_examples": 1}, "unknown data 'nowhere'"),
        ({"data": "builtin", "mix": {"keypoint": 1.0}}, "has no task 'keypoint'"),
    ],
)
def test_what_does_not_fit_is_named(change: dict, message: str):
    with pytest.raises(InputError, match=message):
        read_inputs(replace(SMALL, **change))
