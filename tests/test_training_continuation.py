"""A training goes on as it was begun; what may change is known by name."""

from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.config import dump_config, load_config
from painter_kit.errors import InputError
from painter_kit.training.continuation import (
    CONFIG_FILE,
    FREE,
    changed,
    check_continuation,
    in_words,
)
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.state import STATE_FILE

BEGUN = load_config(TrainSettings, "world-tiny")


def with_sets(*items: str) -> TrainSettings:
    return load_config(TrainSettings, "world-tiny", items)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / STATE_FILE).touch()
    (tmp_path / CONFIG_FILE).write_text(dump_config(BEGUN))
    return tmp_path


@pytest.mark.parametrize(
    ("item", "old", "new"),
    [
        ("seed=7", "seed=0", "7"),
        ("data=builtin", "data=world", "builtin"),
        ("random_coding={depth: 0.5}", "random_coding={depth: 0.65,", "{depth: 0.5}"),
        ("mix={depth: 1.0}", "mix={depth: 1.1,", "{depth: 1.0}"),
        ("mask.hidden=0.5", "mask.hidden=0.75", "0.5"),
        ("network.loss=l1", "network={}", "{loss: l1}"),
        ("model=painter-vit-base", "model=world-tiny", "painter-vit-base"),
        ("init=world-tiny", "init=null", "world-tiny"),
        ("freeze=[norm.*]", "freeze=[]", "[norm.*]"),
        ("optim.name=adamw", "optim.name=muon", "adamw"),
        ("optim.betas=[0.9, 0.99]", "optim.betas=[0.9, 0.98]", "[0.9, 0.99]"),
        ("optim.weight_decay=0.1", "optim.weight_decay=0.02", "0.1"),
        ("optim.layer_decay=0.8", "optim.layer_decay=1.0", "0.8"),
        ("ema=0.5", "ema=0.998", "0.5"),
    ],
)
def test_what_makes_another_training_is_refused(run: Path, item: str, old: str, new: str):
    with pytest.raises(InputError) as error:
        check_continuation(with_sets(item), run)
    words = str(error.value)
    assert f"the training in {run} was begun with {old}" in words
    assert f", not {new}; go on with --config {run / CONFIG_FILE}, or start anew" in words


def test_all_that_differs_is_named_at_once(run: Path):
    with pytest.raises(InputError, match=r"with seed=0, not 7; optim.weight_decay=0.02, not 0.1;"):
        check_continuation(with_sets("seed=7", "optim.weight_decay=0.1", "iterations=9"), run)


def test_rate_length_spread_and_what_is_told_may_change(run: Path):
    items = ["optim.lr=0.001", "optim.min_lr=0.0001", "optim.decay=0.2", "iterations=9000"]
    items += ["batch=16", "accumulate=2", "processes=1", "threads=2", "workers=3", "skips=2"]
    items += ["data_root=elsewhere", "precision=fp32", "tf32=true", "compile=eager"]
    items += ["checkpoint_blocks=true", "auto_resume=true", "log_every=1", "save_every=10"]
    items += ["validate_every=20", "validation_examples=1", "validation_prompts=1"]
    items += ["validation_data=[world]", "validation_lists=[a]", "loss_examples=null"]
    items += ["system_metrics=true", "epochs=1.0"]
    assert {item.partition("=")[0] for item in items} == FREE
    check_continuation(with_sets(*items), run)


def test_another_order_of_the_tasks_draws_other_samples(run: Path):
    turned = replace(BEGUN, mix=dict(reversed(BEGUN.mix.items())))
    assert turned == BEGUN
    with pytest.raises(InputError, match="was begun with mix="):
        check_continuation(turned, run)
    network = {"loss": "l1", "head": "linear"}
    same = replace(BEGUN, network=dict(reversed(network.items())))
    assert changed(replace(BEGUN, network=network), same) == {}


def test_a_setting_that_the_file_does_not_know_has_its_default(run: Path):
    text = dump_config(BEGUN)
    (run / CONFIG_FILE).write_text(text.replace("skips: 0\n", "").replace("freeze: []\n", ""))
    check_continuation(BEGUN, run)


def test_without_a_state_nothing_has_begun(run: Path):
    (run / STATE_FILE).unlink()
    check_continuation(with_sets("seed=7"), run)


def test_a_missing_or_damaged_file_is_named(run: Path):
    (run / CONFIG_FILE).write_text("seed: [")
    with pytest.raises(InputError, match=rf"{CONFIG_FILE}: not valid YAML"):
        check_continuation(BEGUN, run)
    (run / CONFIG_FILE).unlink()
    with pytest.raises(InputError, match=rf"holds no {CONFIG_FILE}, which says how"):
        check_continuation(BEGUN, run)


def test_changes_are_told_as_they_would_be_set():
    found = changed(BEGUN, with_sets("seed=7", "init=a", "mix={depth: 2.0}", "optim.lr=1.0"))
    assert list(found) == ["init", "mix", "seed", "optim.lr"]
    assert in_words({"init": found["init"], "seed": (0, 7)}) == "init=null, not a; seed=0, not 7"
