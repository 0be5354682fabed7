"""The command, with an untrained network and very few pictures."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

from benchmarks.abilities import contrast
from benchmarks.abilities.__main__ import main
from painter_kit.model.builders import get_config
from painter_kit.model.checkpoint import save_painter


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = get_config("world-tiny")
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    save_painter(config.build(), config, path)
    return path


def test_everything_is_printed_and_written(
    weights: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(contrast, "RESAMPLES", 30)  # detections are matched anew in each
    few = ["--examples", "2", "--contrasts", "2", "--prompts", "2", "--batch", "2"]
    # An untrained network holds no bar, and the exit code says so.
    assert main(["--checkpoint", str(weights), "--out", str(tmp_path), *few]) == 1
    text = capsys.readouterr().out
    assert (tmp_path / "abilities.md").read_text() in text
    for head in ("## Bars", "## Task switching", "## Reading the prompt", "never showed"):
        assert head in text
    value = json.loads((tmp_path / "abilities.json").read_text())
    assert len(value["bars"]) == 11
    assert set(value["switching"]) == {"Scenes", "Figures"}
    contrasts = pd.read_csv(tmp_path / "contrasts.csv")
    assert len(contrasts) == len(value["reading"]) + len(value["unseen"]) == 10 + 16
    assert (tmp_path / "abilities.png").stat().st_size > 10_000
    assert len(pd.read_csv(tmp_path / "bars.csv")) == 11


def test_what_is_wrong_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--checkpoint", "nothing.pth", "--out", str(tmp_path)]) == 2
    assert "nothing.pth" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path), "--prompts", "1"])
    assert stopped.value.code == 2
    assert "at least 2" in capsys.readouterr().err
