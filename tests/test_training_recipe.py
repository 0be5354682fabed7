"""Settings outside their range are named; the shipped recipe is fine."""

from dataclasses import replace

import pytest

from painter_kit.config import dump_config, load_config, recipe_names
from painter_kit.errors import InputError
from painter_kit.model.builders import get_config
from painter_kit.training.recipe import TrainSettings, check_settings, describe, network_config


@pytest.mark.parametrize(
    "item",
    [
        *("iterations=0", "batch=0", "accumulate=0", "processes=0", "threads=0"),
        *("log_every=0", "save_every=0", "validation_examples=-1", "validation_prompts=-1"),
        *("ema=1.0", "ema=-0.1", "mask.half_ratio=1.5", "mask.hidden=-0.1"),
        *("mask.smallest=2.0", "mask.largest=-1.0", "optim.lr=0.0", "optim.clip=0.0"),
        *("optim.warmup=1.0", "optim.layer_decay=0.0", "optim.layer_decay=1.1"),
    ],
)
def test_every_setting_outside_its_range_is_named(item: str):
    name, _, value = item.partition("=")
    with pytest.raises(InputError, match=f"^{name} must be .* but got {value}$"):
        check_settings(load_config(TrainSettings, None, [item]))


@pytest.mark.parametrize("decay", [0.0, 0.95])
def test_a_line_needs_room_to_fall(decay: float):
    items = [f"optim.decay={decay}", "optim.warmup=0.1"]
    check_settings(load_config(TrainSettings, None, items))  # a cosine does not ask for it
    with pytest.raises(InputError, match=f"optim.decay must be above 0 .* but got {decay}"):
        check_settings(load_config(TrainSettings, None, [*items, "optim.schedule=linear"]))


def test_other_data_is_refused():
    with pytest.raises(InputError, match="data must be world but got 'nyuv2'"):
        check_settings(TrainSettings(data="nyuv2"))


def test_two_starts_exclude_each_other():
    with pytest.raises(InputError, match="exclude each other"):
        check_settings(TrainSettings(init="a", init_mae="b"))


def test_defaults_and_recipes_are_fine():
    check_settings(TrainSettings())
    assert "world-tiny" in recipe_names()
    for name in recipe_names():
        check_settings(load_config(TrainSettings, name))


def test_the_saved_settings_give_themselves_back(tmp_path):
    settings = load_config(TrainSettings, "world-tiny", ["mask.hidden=0.6", "mix={depth: 1.0}"])
    (tmp_path / "config.yaml").write_text(dump_config(settings))
    assert load_config(TrainSettings, tmp_path / "config.yaml") == settings


def test_numbers_of_the_network_can_be_changed():
    settings = load_config(TrainSettings, None, ["network.merge_after=null", "network.loss=l1"])
    assert network_config(TrainSettings()) == get_config("world-tiny")
    changed = replace(get_config("world-tiny"), merge_after=None, loss="l1")
    assert network_config(settings) == changed


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("network.merge=1", "^network: unknown key merge"),
        ("network.depth=deep", "^network: depth must be a whole number"),
    ],
)
def test_what_the_network_does_not_have_is_named(item: str, message: str):
    with pytest.raises(InputError, match=message):
        network_config(load_config(TrainSettings, None, [item]))


def test_samples_count_everybody():
    settings = TrainSettings(batch=3, accumulate=5, processes=2)
    assert settings.samples_per_iteration == 30
    assert describe(settings)["samples_per_iteration"] == 30
