"""Fine-tuning on an unseen task, tiny: all steps are real, the figures mean nothing."""

import json
from pathlib import Path

import pytest

from benchmarks.finetune import main
from painter_kit.model.checkpoint import load_painter, model_digest

TINY = ["iterations=1", "batch=2", "accumulate=1", "save_every=1", "log_every=1"]


def sets(*items: str) -> list[str]:
    return [part for item in (*TINY, *items) for part in ("--set", item)]


def test_a_tiny_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "out"
    code = main(["--out", str(out), "--examples", "3", "--prompts", "2", *sets()])
    found = json.loads((out / "finetune.json").read_text())
    assert code == (0 if found["gain"]["confirmed"] else 1)
    assert (found["task"], found["data"], found["samples"]) == ("keypoint", "world-unseen", 2)
    assert (found["examples"], found["prompts"]) == (3, 2)
    gain = found["gain"]
    assert gain["value"] == pytest.approx(found["after"]["value"] - found["before"]["value"])
    assert gain["ci_low"] <= gain["value"] <= gain["ci_high"]
    tuned = load_painter(out / "training")
    assert found["model_digest"] == model_digest(tuned) != model_digest(load_painter("world-tiny"))
    assert (out / "finetune.md").read_text().strip() in capsys.readouterr().out

    weights = (out / "training" / "model.safetensors").read_bytes()
    main(["--out", str(out), "--examples", "2", "--prompts", "1", *sets()])  # trains nothing more
    assert (out / "training" / "model.safetensors").read_bytes() == weights
    capsys.readouterr()
    assert main(["--out", str(out), *sets("seed=5")]) == 2  # nor anything else under its name
    assert "was begun with seed=0, not 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (["mix={depth: 1, keypoint: 1}"], "train one task"),
        (["init=null"], "start from a checkpoint"),
        (["init=nowhere"], "no such file"),
    ],
)
def test_recipes_that_do_not_fit_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], items: list[str], words: str
):
    assert main(["--out", str(tmp_path), *sets(*items)]) == 2
    assert words in capsys.readouterr().err
