"""The model card of existing weights."""

import hashlib
import json
from pathlib import Path

import pytest
import torch

from painter_kit.config import load_config
from painter_kit.model.builders import get_config
from painter_kit.model.checkpoint import load_painter, model_digest, save_painter
from painter_kit.training.card import Effort, main, make_card
from painter_kit.training.recipe import TrainSettings

FEW = ["validation_examples=1", "validation_prompts=1"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = get_config("world-tiny")
    path = tmp_path_factory.mktemp("weights") / "world-tiny.safetensors"
    save_painter(config.build(), config, path)
    return path


def test_facts_are_those_of_the_file(weights: Path):
    settings = load_config(TrainSettings, "world-tiny", ["validation_examples=0", "seed=7"])
    card = make_card(weights, settings, Effort(10, 480, 4.0))
    value = json.loads(json.dumps(card.to_json(), allow_nan=False))
    model = load_painter(weights)
    assert value["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert value["bytes"] == weights.stat().st_size
    assert value["model_digest"] == model_digest(model)
    assert value["parameters"] == sum(p.numel() for p in model.parameters())
    assert value["samples_per_second"] == 120
    assert (value["seed"], value["iterations"], value["samples"]) == (7, 10, 480)
    assert value["validation"] is None
    assert any("64 x 64" in text for text in value["limits"])
    assert "## Validation" not in card.markdown
    assert card.to_json()["recipe"] in card.markdown


def test_from_the_command_line(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    sets = [part for item in FEW for part in ("--set", item)]
    flags = ["--iterations", "50", "--samples", "2400", "--seconds", "60"]
    assert main([str(weights), "--out", str(tmp_path), *flags, *sets]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"world-tiny.md", "world-tiny.json"}
    value = json.loads((tmp_path / "world-tiny.json").read_text())
    text = (tmp_path / "world-tiny.md").read_text()
    assert len(value["validation"]["tasks"]) == 10
    for words in ("50 iterations", "2400 samples, 1.0 min wall time, 40.0 samples/s", "SHA-256"):
        assert words in text
    assert "## Validation" in text
    assert "| depth |" in capsys.readouterr().out


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path / "none.safetensors"), "--seconds", "1"]) == 2
    assert "no such file" in capsys.readouterr().err
