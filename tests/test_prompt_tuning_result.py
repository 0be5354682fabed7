"""What tuning leaves: JSON with the fixed keys, words, files and numbers."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.inference.prompt import Prompt
from painter_kit.types import SilentReporter
from prompt_search.plan import SearchConfig
from prompt_tuning.result import TuneResult
from prompt_tuning.run import tune_prompt
from prompt_tuning.tune import TuneConfig
from tests.tuning_toys import judge, painter, splits

KEYS = {
    "splits": {"select", "confirm", "test"},
    "forwards": {"panel", "select", "confirm", "new", "reused"},
    "winner": {"id", "select", "confirm"},
    "panel": {"size", "mean", "sd", "sd_ci_low", "sd_ci_high"},
    "gain": {"value", "ci_low", "ci_high", "p_value", "confirmed", "optimism"},
}
PLAIN = {
    "task", "data", "checkpoint", "model_digest", "strategy", "seed", "metric", "direction",
    "prompt", "init", "steps", "seconds", "chosen",
}  # fmt: skip


class Kept(SilentReporter):
    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.labels: dict[str, str] = {}
        self.settings: dict[str, object] = {}

    def metrics(self, values, step=None) -> None:
        self.numbers.update(values)

    def tags(self, values) -> None:
        self.labels.update(values)

    def params(self, values) -> None:
        self.settings.update(values)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[TuneResult, Path, Kept]:
    folder, kept, model = tmp_path_factory.mktemp("tune"), Kept(), painter()
    result = tune_prompt(
        model,
        judge(model, folder / "store"),
        splits(),
        TuneConfig(steps=3, batch=2, evaluate_every=2, panel=3, resamples=200),
        "search",
        search=SearchConfig(strategy="random", k=3, panel=3, resamples=200),
        out=folder / "out",
        checkpoint="toy",
        reporter=kept,
        quiet=True,
    )
    return result, folder / "out", kept


def test_json_has_the_fixed_keys(tuned):
    result, out, _ = tuned
    value = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert set(value) == PLAIN | set(KEYS)
    for name, keys in KEYS.items():
        assert set(value[name]) == keys
    assert (value["strategy"], value["init"], value["checkpoint"]) == ("tune", "search", "toy")
    assert value["chosen"] in ("random", "searched", "learned")
    assert value["prompt"] == str(out / "prompt")
    assert value["gain"]["value"] == pytest.approx(
        value["panel"]["mean"] - value["winner"]["confirm"]
    )


def test_files(tuned):
    result, out, _ = tuned
    names = {"prompt", "learned", "snapshots.csv", "losses.csv", "result.json"}
    assert {p.name for p in out.iterdir()} == names
    assert Prompt.load(out / "learned").digest == result.prompt.digest
    assert Prompt.load(out / "prompt").digest == result.chosen_prompt.digest
    assert Prompt.load(out / "learned").scores["gain"] == result.gain.to_json()
    with (out / "snapshots.csv").open(newline="") as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [0, 2, 3]
    with (out / "losses.csv").open(newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses == result.learned[""].losses
    assert json.loads((out / "result.json").read_text())["task"] == "toy"


def test_summary_says_it_all(tuned):
    result = tuned[0]
    text = result.summary
    for words in ("started from search", "3 random prompts", "against searched:", "chosen on"):
        assert words in text
    assert text.splitlines()[-2].endswith(f"for this): {result.chosen}")
    assert ("no evidence of improvement" in text) == (
        not (result.gain.confirmed and result.over_searched.confirmed)
    )


def test_reporter_gets_finite_numbers_and_the_choice(tuned):
    result, _, kept = tuned
    assert kept.numbers["toy/error"] == result.confirm.value
    assert kept.numbers["panel/mean"] == result.panel.mean
    assert np.isfinite(list(kept.numbers.values())).all()
    assert kept.labels["painterkit.chosen"] == result.chosen
    assert kept.settings["tune.steps"] == 3
