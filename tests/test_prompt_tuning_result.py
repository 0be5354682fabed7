"""What tuning leaves: JSON with the fixed keys, words, files and numbers."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.inference.prompt import Prompt
from painter_kit.types import SilentReporter
from prompt_search.config import SearchConfig
from prompt_tuning.config import TuneConfig
from prompt_tuning.result import TuneResult
from prompt_tuning.run import tune_prompt
from tests.tuning_toys import judge, painter, splits

KEYS = {
    "splits": {"select", "confirm", "test"},
    "forwards": {"panel", "select", "confirm", "new", "reused"},
    "winner": {"id", "select", "confirm"},
    "panel": {"size", "mean", "sd", "sd_ci_low", "sd_ci_high"},
    "gain": {"value", "ci_low", "ci_high", "p_value", "confirmed", "optimism"},
    "gain_over_rival": {"value", "ci_low", "ci_high", "p_value", "confirmed", "optimism"},
}
PLAIN = {
    "task", "data", "checkpoint", "model_digest", "strategy", "seed", "metric", "direction",
    "prompt", "init", "steps", "seconds", "chosen", "rival", "loss_is_not_metric",
}  # fmt: skip


class Kept(SilentReporter):
    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.labels: dict[str, str] = {}
        self.settings: dict[str, object] = {}
        self.tables: dict[str, list] = {}

    def metrics(self, values, step=None) -> None:
        self.numbers.update(values)

    def tags(self, values) -> None:
        self.labels.update(values)

    def table(self, name, rows) -> None:
        self.tables[name] = list(rows)

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
    assert value["rival"] == "searched"
    assert value["loss_is_not_metric"] == result.learned[""].loss_is_not_metric
    assert value["prompt"] == str(out / "prompt")
    assert value["gain"]["value"] == pytest.approx(
        value["panel"]["mean"] - value["winner"]["confirm"]
    )


def test_files(tuned):
    result, out, _ = tuned
    names = {"prompt", "learned", "snapshots.csv", "losses.csv", "robustness.csv", "result.json"}
    names |= {"steps.png", "learned.png", "curves.png"}
    assert {p.name for p in out.iterdir()} == names
    assert Prompt.load(out / "learned").digest == result.prompt.digest
    assert Prompt.load(out / "prompt").digest == result.chosen_prompt.digest
    assert Prompt.load(out / "learned").scores["gain"] == result.gain.to_json()
    with (out / "snapshots.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [0, 2, 3]
    assert [float(row["loss"]) for row in rows] == [s.loss for s in result.learned[""].snapshots]
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
        not (result.gain.confirmed and result.over_rival.confirmed)
    )


def test_reporter_gets_finite_numbers_and_the_choice(tuned):
    result, _, kept = tuned
    assert kept.numbers["toy/error"] == result.confirm.value
    assert kept.numbers["panel/mean"] == result.panel.mean
    assert np.isfinite(list(kept.numbers.values())).all()
    assert kept.labels["painterkit.chosen"] == result.chosen
    assert kept.settings["tune.steps"] == 3
    assert kept.tables["robustness.json"] == result.robustness
    assert set(kept.tables) == {"robustness.json"}


def test_a_sweep_leaves_its_study_and_its_table(tmp_path: Path):
    model, kept = painter(), Kept()
    result = tune_prompt(
        model,
        judge(model, tmp_path / "store"),
        splits(),
        TuneConfig(
            steps=2, batch=2, evaluate_every=1, panel=3, resamples=200, sweep=3, robustness=False
        ),
        "grey",
        out=tmp_path / "out",
        reporter=kept,
        quiet=True,
    )
    rows = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert rows == kept.tables["sweep.json"]
    with (tmp_path / "out" / "sweep.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["parametrisation"] for row in table] == [row["parametrisation"] for row in rows]
    assert (tmp_path / "out" / "study.journal").read_text() == result.learned[""].swept.journal
    assert "best of 3 trials: trial " in result.summary


def test_a_loss_that_is_not_the_metric_is_named(tuned):
    result = tuned[0]
    (learned,) = result.learned.values()
    falling = replace(learned, losses=np.linspace(1, 0, 50).tolist(), improved=False)
    told = replace(result, learned={"": falling}).summary
    assert "loss is not metric: the loss fell, yet no learned prompt beat the start" in told
    assert (
        "loss is not metric"
        not in replace(result, learned={"": replace(falling, improved=True)}).summary
    )
