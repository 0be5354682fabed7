"""Published rows cut to one task."""

import pytest

from benchmarks.published import COLUMNS
from benchmarks.tables import columns_for, rows_for

PAIRS = list(dict.fromkeys((c.task, c.data) for c in COLUMNS))


@pytest.mark.parametrize(("task", "data"), PAIRS)
def test_prompt_kinds_first_then_other_systems(task: str, data: str):
    rows = rows_for(task, data)
    assert [row.prompt for row in rows[:5]] == ["random", "searched", "learned", "", "released"]
    assert rows[3].name == "separate training"
    assert [row.main for row in rows] == [True] * 5 + [False] * (len(rows) - 5)
    metrics = {c.metric for c in columns_for(task, data)}
    assert all(set(row.values) == metrics for row in rows[:5])
    assert all(row.values and set(row.values) <= metrics for row in rows[5:])


def test_depth_is_read_off_the_tables():
    rows = {row.title: row.values for row in rows_for("depth", "nyuv2")}
    assert rows["random prompts (Table 3)"] == {"rmse": 0.291, "abs_rel": 0.080, "d1": 0.949}
    assert rows["released weights (README)"]["rmse"] == 0.288
    assert rows["UViM (Table 1)"] == {"rmse": 0.467}
    assert list(rows)[5:] == [
        f"{name} (Table 1)" for name in ("DenseDepth", "BinsFormer", "UViM", "Unified-IO")
    ]


def test_no_system_is_lost():
    shown = [(row.name, m) for pair in PAIRS for row in rows_for(*pair)[5:] for m in row.values]
    assert len(shown) == 26


@pytest.mark.parametrize(
    ("task", "data"), [("depth", "world"), ("semantic", "coco"), ("instance", "coco")]
)
def test_nothing_is_published_elsewhere(task: str, data: str):
    assert (rows_for(task, data), columns_for(task, data)) == ([], ())
