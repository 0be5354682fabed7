from dataclasses import replace
from pathlib import Path

import numpy as np

from prompt_search.pareto import ERRORS, MOST, undominated
from tests.test_prompt_search_search import PARTS, QUICK, search, search_both
from tests.toys import SPEC, TOY, toy_data

UP = replace(SPEC, metric="up", direction="max")


def test_who_is_beaten_in_every_respect():
    rows = [{"up": 3.0, "rmse": 1.0}, {"up": 4.0, "rmse": 2.0}, {"up": 3.0, "rmse": 1.5}]
    assert undominated(rows, UP) == [True, True, False]  # the third is worse than the first
    assert undominated([rows[0], rows[0]], UP) == [True, True]  # equals beat nobody
    assert undominated(rows[:1], UP) == [True]


def test_directions_are_those_of_the_metrics():
    assert "rmse" in ERRORS
    assert undominated([{"rmse": 1.0}, {"rmse": 2.0}], UP) == [True, False]
    assert undominated([{"up": 1.0}, {"up": 2.0}], UP) == [False, True]
    down = replace(SPEC, metric="up", direction="min")
    assert undominated([{"up": 1.0}, {"up": 2.0}], down) == [True, False]


def test_what_is_not_finite_somewhere_does_not_count():
    rows = [{"up": 1.0, "rmse": np.nan}, {"up": 2.0, "rmse": 0.5}]
    assert undominated(rows, UP) == [False, True]


def summarise(records, spec):
    """The mean error, and the worst one, by which another prompt may be better."""
    errors = [r.values[1] / r.values[0] for r in records]
    return {"error": float(np.mean(errors)), "rmse": float(np.max(errors))}


def test_finalists_are_told_by_all_metrics(tmp_path: Path):
    task = replace(TOY, summarise=summarise)
    result = search(tmp_path, toy_data(pool=20), task=task)
    rows = result.to_json()["finalists"]
    assert len(rows) == QUICK.keep
    assert rows[0]["metrics"].keys() == {"error", "rmse"}
    by_id = {row["id"]: row for row in rows}
    assert by_id[result.winner.id]["pareto"]
    assert by_id[result.winner.id]["metrics"]["error"] == result.winner.select


def test_many_finalists_are_not_all_compared(tmp_path: Path):
    config = replace(QUICK, strategy="exhaustive")
    assert len(search(tmp_path, toy_data(pool=40), config=config).to_json()["finalists"]) == MOST


def test_parts_have_finalists_of_their_own(tmp_path: Path):
    rows = search_both(tmp_path, toy_data(pool=20)).to_json()["finalists"]
    assert {row["part"] for row in rows} == set(PARTS)
    assert {row["round"] for row in rows} >= {0, 1}
