import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from painter_kit.types import SilentReporter
from prompt_search.config import SearchConfig
from prompt_search.result import SearchResult
from prompt_search.search import search_prompt
from tests.toys import SPEC, TOY, ToyPainter, toy_data

KEYS = {
    "splits": {"pool", "select", "confirm", "test"},
    "forwards": {"panel", "select", "confirm", "new", "reused"},
    "winner": {"id", "select", "confirm"},
    "panel": {"size", "mean", "sd", "sd_ci_low", "sd_ci_high"},
    "gain": {"value", "ci_low", "ci_high", "p_value", "confirmed", "optimism"},
}
PLAIN = {
    "task", "data", "checkpoint", "model_digest", "strategy", "seed", "metric", "direction",
    "exhaustive_forwards", "prompt", "outlook", "metrics", "finalists",
}  # fmt: skip


class Kept(SilentReporter):
    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.tables: dict[str, list] = {}
        self.files: list[str] = []

    def metrics(self, values, step=None) -> None:
        self.numbers.update(values)

    def table(self, name, rows) -> None:
        self.tables[name] = list(rows)

    def artifact(self, path, folder="") -> None:
        self.files.append(path.name)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[SearchResult, Path, Kept]:
    folder, kept = tmp_path_factory.mktemp("search"), Kept()
    splits = make_splits(toy_data(best=3), "toy")
    with Store(folder / "store") as store:
        judge = Judge(TOY, SPEC, ToyPainter(), store, "model digest")
        config = SearchConfig(panel=4, resamples=400)
        result = search_prompt(
            judge, splits, config, out=folder / "out", checkpoint="toy", reporter=kept, quiet=True
        )
    return result, folder / "out", kept


def test_json_has_the_fixed_keys(found):
    result, out, _ = found
    value = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert set(value) == PLAIN | set(KEYS)
    for name, keys in KEYS.items():
        assert set(value[name]) == keys
    assert value["exhaustive_forwards"] == value["splits"]["pool"] * value["splits"]["select"]
    assert value["gain"]["value"] == pytest.approx(
        value["panel"]["mean"] - value["winner"]["confirm"]
    )
    assert value["prompt"] == str(out / "prompt")
    # In the file the prompt's place is told relative to it, so that the folder can be moved.
    assert {**value, "prompt": "prompt"} == json.loads((out / "result.json").read_text())


def test_decisions_file(found):
    result, out, _ = found
    lines = [json.loads(line) for line in (out / "decisions.jsonl").read_text().splitlines()]
    assert lines == json.loads(json.dumps(result.trace.decisions))
    events = [line["event"] for line in lines]
    assert events == ["start", "outlook", "rung", "rung", "rung", "winner"]
    assert lines[-1]["id"] == result.winner.id


def test_candidates_file(found):
    result, out, _ = found
    with (out / "candidates.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "group", "rung", "images", "mean_score"]
    assert len(rows) == result.splits["pool"]
    best = max(rows, key=lambda row: (int(row["images"]), float(row["mean_score"])))
    assert best["id"] == result.winner.id
    assert {row["rung"] for row in rows} == {"1", "2", "3"}


def test_scores_file(found):
    result, out, _ = found
    cells = pd.read_parquet(out / "scores.parquet")
    on_select = result.panel.size * result.splits["select"]  # nobody asked for these again
    assert len(cells) == result.forwards["select"] + on_select
    assert not cells.duplicated(["candidate", "image"]).any()
    won = cells[cells.candidate == result.winner.id]
    assert -won.score.mean() == pytest.approx(result.winner.select)


def test_summary_says_it_all(found):
    result, _, _ = found
    text = result.summary
    for words in ("p0003", "gain in error", "confirm images", "p ="):
        assert words in text
    assert f"{result.forwards['new']} new" in text
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_reporter_gets_finite_numbers_table_and_files(found):
    result, out, kept = found
    assert kept.numbers["toy/error"] == result.winner.confirm.value
    assert kept.numbers["gain/ci_low"] == result.gain.ci_low
    assert kept.numbers["forwards/select"] == result.forwards["select"]
    assert np.isfinite(list(kept.numbers.values())).all()
    assert len(kept.tables["candidates.json"]) == result.splits["pool"]
    assert kept.files == sorted(p.name for p in out.iterdir())


def test_without_a_folder_nothing_is_named(found):
    result, _, _ = found
    from dataclasses import replace

    assert replace(result, folder=None).to_json()["prompt"] is None


def test_all_metrics_stand_beside_the_primary(found):
    result = found[0]
    metrics = result.to_json()["metrics"]
    assert set(metrics) == {"error", "square"}
    assert metrics["error"]["searched"] == result.winner.confirm.to_json()
    assert metrics["error"]["panel"]["value"] == pytest.approx(result.panel.mean)
    for of in metrics.values():
        assert all(one["ci_low"] < one["value"] < one["ci_high"] for one in of.values())
