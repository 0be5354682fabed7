"""The command, with an untrained network and very few pictures."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import torch
from click.testing import CliRunner

from benchmarks.abilities import contrast
from benchmarks.abilities.__main__ import command, main
from benchmarks.abilities.plan import forwards
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
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(contrast, "RESAMPLES", 30)  # detections are matched anew in each
    few = [
        "--examples",
        "2",
        "--prompts",
        "2",
        "--contrasts",
        "2",
        "--contrast-prompts",
        "2",
        "--batch",
        "2",
    ]
    out = tmp_path / "out"
    result = CliRunner().invoke(command, ["--checkpoint", str(weights), "--out", str(out), *few])
    assert result.exit_code == 1  # an untrained network holds no bar
    text = (out / "abilities.md").read_text()
    assert text in result.stdout
    for head in ("Bars", "Task switching", "Reading the prompt", "What training never showed"):
        assert f"## {head}" in text
    assert "### Own query" in text
    assert "### Same corrupted query" in text
    value = json.loads((out / "abilities.json").read_text())
    assert len(value["bars"]) == 9 + 4
    assert {tuple(editions) for editions in value["switching"].values()} == {
        ("own query", "same corrupted query")
    }
    contrasts = pd.read_csv(out / "contrasts.csv")
    assert len(contrasts) == len(value["reading"]) + len(value["unseen"]) == 15 + 16
    assert len(contrasts.dropna(subset=["no_model"])) == 16
    assert [row["ability"] for row in value["shapes"]][-1] == "semantic, unseen categories"
    assert (out / "abilities.png").stat().st_size > 10_000
    assert len(pd.read_csv(out / "bars.csv")) == 13
    limits = (out / "limits.md").read_text()
    assert limits in text
    assert limits.count("\n") == len(value["limits"]) > 5
    planned = sum(forwards(2, 2, 2, 2).values())
    assert value["forwards"] == planned
    assert f"plan: {planned:,} forwards" in result.stderr
    line = f"python -m benchmarks.abilities --out DIR --checkpoint {weights} {' '.join(few)}"
    assert f"Printed by `{line}`: {planned:,} forwards" in text


def test_the_plan_alone(weights: Path, tmp_path: Path):
    flags = ["--checkpoint", str(weights), "--out", str(tmp_path / "out"), "--examples", "3000"]
    result = CliRunner().invoke(command, [*flags, "--batch", "2", "--plan"])
    assert result.exit_code == 0
    assert f"plan: {sum(forwards(2000, 8, 80, 16).values()):,} forwards" in result.stdout
    assert not (tmp_path / "out").exists()


def test_help_tells_cost_end_and_exit_code():
    text = " ".join(CliRunner().invoke(command, ["--help"]).stdout.split())
    painted = re.search(r"paints ([\d,]+) pictures", text)
    given = command.make_context("abilities", ["--out", "out"]).params
    sizes = (given[name] for name in ("examples", "prompts", "contrasts", "contrast_prompts"))
    planned = forwards(*sizes)
    assert painted
    assert int(painted[1].replace(",", "")) // 1000 == sum(planned.values()) // 1000
    assert "cannot be continued" in text
    assert "exit code is 1 when a bar is not held" in text


@pytest.mark.parametrize(
    "wrong",
    ["--batch 0", "--threads -1", "--seed -1", "--prompts 1", "--examples x"],
)
def test_wrong_numbers_are_told_before_anything_runs(wrong: str, tmp_path: Path):
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "out"), *wrong.split()])
    assert result.exit_code == 2
    assert wrong.split()[0] in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_wrong_checkpoint_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.argv", ["abilities", "--checkpoint", "nothing.pth", "--out", "out"])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "nothing.pth" in capsys.readouterr().err
