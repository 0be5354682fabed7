"""Rows of a prompt table, from toys whose best prompt is known."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.rows import Row, measure_row
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.splits import make_splits
from painter_kit.evaluation.store import Store
from prompt_search.candidates import make_candidates
from tests.toys import SPEC, TOY, ToyPainter, toy_data

BEST = 5


def measured(tmp_path: Path, winner: int) -> tuple[Row, Judge]:
    data = toy_data(pool=12, select=10, best=BEST)
    splits = make_splits(data, "toy").loaded()
    judge = Judge(TOY, SPEC, ToyPainter(), Store(tmp_path), "model", batch_size=4)
    candidates = make_candidates(TOY, SPEC, splits.pool)
    panel = [candidates.prompt(i) for i in range(len(candidates)) if not _is(candidates, i, BEST)]
    for prompt in panel:
        judge.records(prompt, splits.select)
    ours = candidates.prompt(next(i for i in range(12) if _is(candidates, i, winner)))
    row = measure_row(judge, splits, panel, ours, panel[0], resamples=500)
    return row, judge


def _is(candidates, index: int, number: int) -> bool:
    return candidates.ids[index] == f"p{number:04d}"


def test_a_planted_best_prompt_gains_on_test_and_a_random_one_does_not(tmp_path):
    row, judge = measured(tmp_path, BEST)
    gain = row.searched.comparison.gain
    assert gain.confirmed
    assert gain.value > 0
    assert row.n == 8
    assert judge.new == 11 * 10 + 12 * 8
    cells = row.cells()
    assert str(cells["searched"]).endswith("*")
    assert "lower is better" in str(cells["metric"])


def test_the_row_as_data_has_the_promised_keys(tmp_path):
    told = measured(tmp_path, BEST)[0].to_json()
    assert set(told) == {
        *("task", "data", "metric", "direction", "n", "random", "searched", "learned"),
    }
    assert set(told["random"]) == {"mean", "sd"}
    for kind in ("searched", "learned"):
        assert set(told[kind]) == {"value", "gain", "ci_low", "ci_high"}
        assert told[kind]["ci_low"] <= told[kind]["gain"] <= told[kind]["ci_high"]
    assert told["searched"]["gain"] == pytest.approx(
        told["random"]["mean"] - told["searched"]["value"]
    )


def test_the_median_prompt_lies_in_the_middle_of_the_panel(tmp_path):
    row, _ = measured(tmp_path, BEST)
    value = TOY.summarise(row.median_records, SPEC)["error"]
    assert np.isclose(value, row.random.mean, atol=2 * row.random.sd)
