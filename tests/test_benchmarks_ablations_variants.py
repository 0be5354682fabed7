"""Variants as data: every one can be trained, and differs as its name says."""

from pathlib import Path

import pytest

from benchmarks.ablations.variants import FOUR, RECIPE, VARIANTS, cells
from painter_kit.config import load_config
from painter_kit.errors import InputError
from painter_kit.training.recipe import TrainSettings, network_config

BASE = load_config(TrainSettings, RECIPE)
BY_NAME = {cell.variant.name: cell.settings() for cell in cells(seeds=1)}


def test_every_variant_builds():
    assert len(BY_NAME) == len(VARIANTS)
    for settings in BY_NAME.values():
        network_config(settings).build()


def test_all_see_equally_many_samples_but_the_one_that_says_so():
    counts = {n: s.iterations * s.samples_per_iteration for n, s in BY_NAME.items()}
    assert counts.pop("joint, 4 x samples") == 4 * counts["base"]
    assert set(counts.values()) == {8000}


def test_names_say_what_changes():
    networks = {name: network_config(settings) for name, settings in BY_NAME.items()}
    base = networks["base"]
    assert BY_NAME["base"] == BASE
    assert networks["no merging"].merge_after is None
    assert (base.loss, networks["loss l1"].loss, networks["loss l2"].loss) == (
        "smoothl1",
        "l1",
        "l2",
    )
    assert (
        networks["small encoder"].embed_dim < base.embed_dim < networks["large encoder"].embed_dim
    )
    assert networks["linear head"].head == "linear"
    assert set(BY_NAME["joint"].mix) == set(FOUR)
    for task in set(FOUR) - {"semantic"}:
        assert set(BY_NAME[f"separate {task}"].mix) == {task}
        assert networks[f"separate {task}"] == base


def test_table_s2_is_on_semantic_segmentation_alone():
    """As the paper's is on ADE20K; the base is the separate model of that task as well."""
    for variant in VARIANTS:
        mix = BY_NAME[variant.name].mix
        assert (mix == {"semantic": 1.0}) == ("S2" in variant.tables)
    assert [v.name for v in VARIANTS if v.tables == ("S2", "2")] == ["base"]
    separate = [v.name for v in VARIANTS if v.name.startswith("separate")]
    assert separate == ["separate depth", "separate keypoint", "separate denoise"]


def test_colours_are_fixed():
    assert all(settings.random_coding == {} for settings in BY_NAME.values())


def test_the_whole_is_the_time_of_26_cells_of_the_base():
    units = sum(c.variant.cost * c.settings().iterations / BASE.iterations for c in cells())
    assert units == pytest.approx(26.3)


def test_merging_and_losses_have_three_seeds_and_the_others_one():
    seeds = {v.name: v.seeds for v in VARIANTS}
    thrice = {name for name, count in seeds.items() if count == 3}
    assert thrice == {"base", "no merging", "loss l1", "loss l2"}
    assert set(seeds.values()) == {1, 3}
    drawn = [cell.settings().seed for cell in cells(["base"])]
    assert drawn == [0, 1, 2]


def test_folders_are_names_of_their_own():
    folders = [cell.folder for cell in cells()]
    assert len(set(folders)) == len(folders) == 20
    assert folders[3] == "no-merging-seed0"


def test_changes_for_all_cells_come_after_the_variants_own():
    (cell,) = cells(["linear head"], sets=["network.head=light"])
    assert network_config(cell.settings()).head == "light"
    arguments = cell.arguments(Path("out"), Path("store"))
    assert arguments[:3] == ["train", "--recipe", RECIPE]
    assert arguments[arguments.index("--out") + 1] == str(Path("out") / cell.folder)
    assert [a for a in arguments if a == "--set"] == ["--set"] * 3
    assert arguments[arguments.index("--device") + 1] == "cpu"


@pytest.mark.parametrize("iterations", [2, 375])
def test_four_times_the_samples_are_four_times_whatever_all_see(iterations: int):
    joint, four = cells(["joint", "joint, 4 x samples"], sets=[f"iterations={iterations}"])
    assert joint.settings().iterations == iterations
    assert four.settings().iterations == 4 * iterations


@pytest.mark.parametrize("name", ["batch", "validation_examples", "validation_prompts"])
def test_what_cannot_be_compared_is_named(name: str):
    (cell,) = cells(["joint"], sets=[f"{name}=0"])
    with pytest.raises(InputError, match=f"{name} .*must be at least 1"):
        cell.settings()
