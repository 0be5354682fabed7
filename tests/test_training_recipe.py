"""Settings outside their range are named; the shipped recipe is fine."""

from dataclasses import replace
from importlib.resources import files

import pytest

from painter_kit.config import dump_config, load_config, recipe_names
from painter_kit.errors import InputError
from painter_kit.model.builders import get_config
from painter_kit.training.recipe import (
    MaskSettings,
    OptimSettings,
    TrainSettings,
    advice,
    check_data,
    check_settings,
    describe,
    describe_data,
    network_config,
)


@pytest.mark.parametrize(
    "item",
    [
        *("iterations=0", "batch=0", "accumulate=0", "processes=0", "threads=0"),
        *("log_every=0", "save_every=0", "validation_examples=-1", "validation_prompts=-1"),
        *("ema=1.0", "ema=-0.1", "mask.half_ratio=1.5", "mask.hidden=-0.1"),
        *("mask.smallest=2.0", "mask.largest=-1.0", "optim.lr=0.0", "optim.clip=0.0"),
        *("workers=-1", "skips=-1", "validate_every=-1", "epochs=0.0", "validate_every=150"),
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


def test_lists_need_their_root_and_the_world_has_no_epochs(tmp_path):
    lists = TrainSettings(data="lists", lists=("a/b.json",))
    with pytest.raises(InputError, match="need --data-root"):
        check_data(lists)
    with pytest.raises(InputError, match=r"a/b\.json does not exist; painterkit prepare"):
        check_data(replace(lists, data_root=tmp_path))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.json").write_text("[]")
    check_data(replace(lists, data_root=tmp_path))
    with pytest.raises(InputError, match="the world has no end"):
        check_settings(TrainSettings(epochs=2))


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


RELEASED = ("painter-vit-large", "painter-vit-large-paper")


def test_the_released_recipe_and_the_papers_differ_where_they_say():
    code, paper = (load_config(TrainSettings, name) for name in RELEASED)
    assert code.samples_per_iteration == paper.samples_per_iteration == 2048
    assert code.optim == OptimSettings()
    assert code.mask == paper_mask(paper, hidden=0.5) == MaskSettings()
    assert (paper.mask.hidden, paper.optim.weight_decay, paper.optim.warmup) == (0.75, 0.05, 0.1)
    optim = replace(paper.optim, weight_decay=0.1, warmup=code.optim.warmup)
    assert replace(paper, mask=code.mask, optim=optim) == code
    shares = {task: share / sum(code.mix.values()) for task, share in code.mix.items()}
    assert [round(100 * share, 2) for share in shares.values()] == [
        *(8.7, 17.39, 13.04, 21.74, 17.39, 13.04, 4.35, 4.35)
    ]


def paper_mask(settings: TrainSettings, hidden: float) -> MaskSettings:
    return replace(settings.mask, hidden=hidden)


@pytest.mark.parametrize("name", RELEASED)
def test_every_line_of_the_released_recipes_says_its_source(name: str):
    text = (files("painter_kit") / "recipes" / f"{name}.yaml").read_text()
    body = text[text.index("model:") :]
    tasks = load_config(TrainSettings, name).mix
    plain = {*tasks, "mask", "optim"}  # mixes say it in one line; the other two are headings
    for line in body.splitlines():
        key, _, rest = line.partition(":")
        said = [word for word in ("code", "paper", "ours") if word in rest.partition("#")[2]]
        assert said or key.strip() in plain or line.startswith("  - "), line


def test_epochs_become_iterations():
    settings = TrainSettings(data="folder:x", epochs=1.5, batch=4, accumulate=2)
    assert settings.in_iterations(100).iterations == 19
    assert settings.in_iterations(1).iterations == 1
    plain = TrainSettings(iterations=7)
    assert plain.in_iterations(100) is plain


def test_a_rate_for_large_batches_is_warned_of_at_small_ones():
    optim = ["data=lists", "optim.name=adamw", "optim.lr=0.001"]
    small = load_config(TrainSettings, "painter-vit-large", [*optim, "processes=8"])
    assert "high for 256 samples per update" in advice(small)
    assert "in proportion 0.0001;" in advice(small)
    for name in recipe_names():
        assert advice(load_config(TrainSettings, name)) == ""


def test_a_start_from_a_checkpoint_is_not_warned_of_its_rate():
    sets = ["init=painter_vit_large.pth", "optim.lr=0.001", "optim.name=adamw"]
    started = load_config(TrainSettings, "single-task", [*sets, "init_mae=null"])
    assert advice(started) == ""
    assert "high for 256" in advice(replace(started, init=None))


def test_a_checkpoint_brings_its_own_configuration():
    settings = load_config(TrainSettings, "finetune-one-cpu", ["network.drop_path_rate=0.25"])
    expected = replace(get_config("world-tiny"), drop_path_rate=0.25)
    assert network_config(replace(settings, model="painter-vit-large")) == expected


def test_figures_are_made_on_the_training_data_unless_told():
    assert TrainSettings().validated_on == ("world",)
    assert TrainSettings(data="lists").validated_on == ()
    assert TrainSettings(data="lists", validation_data=("nyuv2",)).validated_on == ("nyuv2",)


def test_what_is_trained_on_is_told_apart_by_its_settings():
    digest, facts = describe_data(TrainSettings())
    assert facts["lists"] == []
    assert describe_data(TrainSettings(iterations=7)) == (digest, facts)
    other = [TrainSettings(seed=1), TrainSettings(data="lists"), TrainSettings(mix={"depth": 1.0})]
    assert len({digest, *(describe_data(one)[0] for one in other)}) == 4
    assert describe_data(other[1])[1]["lists"]
