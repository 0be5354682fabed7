"""The model card of existing weights."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from painter_kit.config import load_config
from painter_kit.model.builders import get_config
from painter_kit.model.checkpoint import (
    load_painter,
    model_digest,
    resolve_checkpoint,
    save_painter,
)
from painter_kit.training.card import Effort, main, make_card, plain_limits
from painter_kit.training.card_text import card_markdown
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
    (tmp_path / "history").mkdir()
    history = tmp_path / "history" / "told.md"
    history.write_text("Trained in two sittings.\n")
    flags = ["--iterations", "50", "--samples", "2400", "--seconds", "60", "--split", "test"]
    flags += ["--history", str(history)]
    assert main([str(weights), "--out", str(tmp_path), *flags, *sets]) == 0
    assert {p.name for p in tmp_path.glob("*.*")} == {"world-tiny.md", "world-tiny.json"}
    value = json.loads((tmp_path / "world-tiny.json").read_text())
    text = (tmp_path / "world-tiny.md").read_text()
    assert len(value["validation"]["tasks"]) == 10
    for words in ("50 iterations", "2400 samples, 1.0 min wall time, 40.0 samples/s", "SHA-256"):
        assert words in text
    assert "1 queries of the test split" in text
    assert "## How this edition came to be\n\nTrained in two sittings.\n" in text
    assert "| depth |" in capsys.readouterr().out


def test_the_text_is_made_anew_and_the_figures_stay(weights: Path, tmp_path: Path):
    sets = [part for item in FEW for part in ("--set", item)]
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copyfile(weights, folder / "mine.safetensors")
    own = [str(folder / "mine.safetensors")]
    assert main([*own, "--seconds", "60", *sets]) == 0
    before = json.loads((folder / "mine.json").read_text())
    assert before["measured_limits"] == []
    old = before | {"limits": ["Outdated."], "history": "Old."}
    (folder / "mine.json").write_text(json.dumps(old))
    limits = tmp_path / "limits.md"
    limits.write_text("- Cannot do this.\n- Nor that.\n")
    assert main([*own, "--keep-figures", "--limits", str(limits)]) == 0
    after = json.loads((folder / "mine.json").read_text())
    told = ["Cannot do this.", "Nor that."]
    assert after == before | {"history": "Old.", "measured_limits": told}
    text = (folder / "mine.md").read_text()
    assert "Measured on the test split:\n\n- Cannot do this.\n- Nor that.\n" in text
    history = tmp_path / "new.md"
    history.write_text("New.\n")
    assert main([*own, "--keep-figures", "--history", str(history)]) == 0
    assert json.loads((folder / "mine.json").read_text()) == after | {"history": "New.\n"}


def test_only_the_card_of_these_weights_is_reworded(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    shutil.copyfile(weights, tmp_path / "mine.safetensors")
    card, own = tmp_path / "mine.json", [str(tmp_path / "mine.safetensors"), "--keep-figures"]
    assert main(own) == 2
    assert f"{card}: not a model card" in capsys.readouterr().err
    card.write_text(json.dumps({"recipe": "data: world\n", "canvas": 64, "sha256": "0"}))
    assert main(own) == 2
    assert "the card of other weights" in capsys.readouterr().err
    nothing = tmp_path / "nothing.md"
    nothing.write_text("no list\n")
    assert main([*own, "--limits", str(nothing)]) == 2
    assert f"--limits {nothing}: no line begins with '- '" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(own[:1])
    assert stopped.value.code == 2
    assert "--seconds is needed" in capsys.readouterr().err


def test_the_shipped_card_says_what_its_files_say():
    path = resolve_checkpoint("world-tiny")
    card = json.loads(path.with_suffix(".json").read_text())
    assert path.with_suffix(".md").read_text() == card_markdown(card)
    assert card["history"] == (path.parent / "history.md").read_text()
    listed = [f"- {text}" for text in card["measured_limits"]]
    assert listed == (path.parent / "limits.md").read_text().splitlines()
    assert card["limits"] == plain_limits("world", 64)


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path / "none.safetensors"), "--seconds", "1"]) == 2
    assert "no such file" in capsys.readouterr().err
    history = tmp_path / "none.md"
    assert main(["world-tiny", "--seconds", "1", "--history", str(history)]) == 2
    assert f"--history {history}: not readable" in capsys.readouterr().err


def test_only_trained_tasks_are_validated(weights: Path):
    few = [*FEW, "mix={derain: 1.0, depth: 0.0}"]
    card = make_card(weights, load_config(TrainSettings, "world-tiny", few), Effort(1, 1, 1.0))
    assert card.validation is not None
    assert [figures.task for figures in card.validation.figures] == ["derain"]
    assert card.validation.switching is None
