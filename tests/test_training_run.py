"""A run from settings to weights: starting points, data, figures on the way."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from painter_kit.data.base import open_dataset
from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError
from painter_kit.model.checkpoint import load_painter
from painter_kit.training.inputs import read_inputs
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.run import open_source, train
from painter_kit.training.stitching import PairBatches
from painter_kit.training.validate import validate_all
from painter_kit.types import SilentReporter
from tests.training_toys import SETTINGS, TINY, noise_pairs, saved

SMALL = replace(SETTINGS, mix={"denoise": 1.0}, validation_prompts=1)


class Kept(SilentReporter):
    def __init__(self) -> None:
        self.series: list[tuple[int | None, dict[str, float]]] = []

    def metrics(self, values, step=None) -> None:
        self.series.append((step, dict(values)))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return noise_pairs(tmp_path_factory.mktemp("pairs"))


def test_fine_tuning_on_a_folder_with_figures_on_the_way(tmp_path: Path, pairs: str):
    start, kept = saved(tmp_path), Kept()
    settings = replace(
        SMALL,
        **{"data": pairs, "init": start, "freeze": ("patch_embed.*",), "validate_every": 2},
        validation_examples=2,
    )
    result = train(settings, tmp_path / "out", tmp_path / "cache", reporter=kept)
    before, after = load_painter(start).state_dict(), load_painter(result.weights).state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert not any(name.startswith("patch_embed") for name in changed)
    figures = [step for step, values in kept.series if "validation/denoise/psnr" in values]
    assert figures == [2, None]  # on the way, and of what is kept
    assert result.card
    assert result.card.validation
    assert [f.task for f in result.card.validation.figures] == ["denoise"]
    assert not any("procedural" in text for text in result.card.limits)


def test_missing_files_are_named_before_any_work(tmp_path: Path):
    lists = replace(SMALL, data="lists", data_root=tmp_path, model="world-tiny")
    with pytest.raises(InputError, match=r"pair list .* does not exist"):
        train(lists, tmp_path / "out", tmp_path)
    away = replace(SMALL, validation_data=("nyuv2",), data_root=tmp_path, validation_examples=1)
    with pytest.raises(InputError, match="nyuv2 has none of the trained tasks"):
        train(away, tmp_path / "out", tmp_path)
    with pytest.raises(InputError, match="nyu"):
        train(replace(away, mix={"depth": 1.0}), tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_dataset_is_a_source_of_pairs(tmp_path: Path, pairs: str):
    settings = replace(SMALL, data=pairs, init=saved(tmp_path))
    source = open_source(settings, read_inputs(settings), tmp_path)
    assert isinstance(source, PairBatches)
    assert source.epoch_length == 16  # 40 % of 40
    assert source.batch([0]).images.shape == (1, 3, 32, 16)


def test_inputs_that_were_read_before_train_alike(tmp_path: Path, pairs: str):
    settings = replace(SMALL, data=pairs, init=saved(tmp_path))
    first = train(settings, tmp_path / "a", tmp_path)
    again = train(settings, tmp_path / "b", tmp_path, inputs=read_inputs(settings))
    assert again.model_digest == first.model_digest


def test_figures_of_several_datasets_stand_in_one_table(pairs: str):
    settings = TrainSettings(mix={"denoise": 1.0}, validation_examples=1, validation_prompts=1)
    model = replace(TINY, img_size=(128, 64), patch_size=8).build()
    datasets = [open_dataset("world"), open_dataset(pairs)]
    found = validate_all(model, datasets, settings)
    assert found.data == f"world, {pairs}"
    assert [f.task for f in found.figures] == ["denoise", "denoise"]
    assert found.switching is None
    assert validate_all(model, datasets[:1], settings).data == "world"


def listed(root: Path, names: tuple[str, ...]) -> None:
    """Pair lists of denoising in the released form, below ``root``."""
    for name in names:
        entries = []
        for number in range(3):
            picture = np.random.default_rng(number).integers(40, 256, (20, 20, 3), dtype=np.uint8)
            write_png(root / f"{number}.png", picture)
            path = f"{number}.png"
            entries.append({"image_path": path, "target_path": path, "type": "ssid_image2denoise"})
        (root / name).write_text(json.dumps(entries))


def test_the_loss_on_lists_held_out_is_told_on_the_way_and_at_the_end(tmp_path: Path, pairs: str):
    listed(tmp_path, ("val.json",))
    kept = Kept()
    more = {"data_root": tmp_path, "validation_lists": ("val.json",), "validate_every": 2}
    settings = replace(SMALL, data=pairs, init=saved(tmp_path), **more)
    train(settings, tmp_path / "out", tmp_path / "cache", reporter=kept)
    told = {step: values for step, values in kept.series if "held_out_loss/all" in values}
    assert list(told) == [2, 4]
    assert told[2]["held_out_loss/denoise"] == told[2]["held_out_loss/all"]
    assert told[2] != told[4]


def test_a_missing_list_to_validate_on_is_named(tmp_path: Path, pairs: str):
    settings = replace(SMALL, data=pairs, validation_lists=("no.json",))
    with pytest.raises(InputError, match="--data-root"):
        train(settings, tmp_path / "out", tmp_path)
    with pytest.raises(InputError, match=r"pair list .*no.json does not exist"):
        train(replace(settings, data_root=tmp_path), tmp_path / "out", tmp_path)
