"""Two updates that say what the training will take."""

import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.config import load_config
from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError
from painter_kit.training.recipe import TrainSettings
from painter_kit.training.rehearsal import rehearse
from tests.training_toys import TINY


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    for part in ("images", "targets"):
        for number in range(24):
            picture = np.random.default_rng(number).integers(0, 256, (20, 20, 3), dtype=np.uint8)
            write_png(tmp_path / "pairs" / part / f"{number}.png", picture)
    return tmp_path / "pairs"


def settings(pairs: Path, *items: str) -> TrainSettings:
    network = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(TINY).items()}
    sets = [f"network={json.dumps(network)}", f"data=folder:{pairs}", "mix={denoise: 1}"]
    sets += ["batch=2", "accumulate=8", "processes=4", "mask.smallest=0.05", *items]
    return load_config(TrainSettings, None, sets)


def test_measures_and_leaves_nothing(pairs: Path, tmp_path: Path):
    out = tmp_path / "out"
    found = rehearse(settings(pairs, "epochs=64", "validation_examples=0"), out, tmp_path / "cache")
    assert not out.exists()
    assert all(np.isfinite(found.losses))
    assert found.samples == 2
    assert found.epoch > 5
    assert found.iterations == round(64 * found.epoch / 64)
    assert found.peak > 50e6
    assert found.consumed == pytest.approx(2 / found.seconds)
    assert "two updates ran: loss" in found.text
    assert json.loads(json.dumps(found.to_json()))["workers"] == found.workers


def test_workers_follow_the_rate_that_is_asked_for(pairs: Path, tmp_path: Path):
    quiet = settings(pairs, "validation_examples=0")
    found = rehearse(quiet, tmp_path / "out", tmp_path, consume=1e6)
    assert found.workers >= 1.19e6 / found.made
    assert f"1000000.0 samples/s need {found.workers} worker(s)" in found.text


def test_fails_as_the_training_would(pairs: Path, tmp_path: Path):
    with pytest.raises(InputError, match="has none of the trained tasks"):
        rehearse(settings(pairs, "mix={panoptic: 1}"), tmp_path, tmp_path)
    with pytest.raises(InputError, match="matches no parameter"):
        rehearse(settings(pairs, "freeze=[nothing]"), tmp_path, tmp_path)
