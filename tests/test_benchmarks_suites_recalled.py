"""A benchmark opened again: the Records that it measured, or what is missing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.suites.recalled import benchmark_runs, recall_run
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import primary
from tests.test_benchmarks_suites_paired import access, folder  # noqa: F401


def test_a_run_or_one_for_each_suite(folder: Path):  # noqa: F811
    assert [run.path.name for run in benchmark_runs(folder / "a")] == ["fss", "shapes"]
    assert [run.path for run in benchmark_runs(folder / "few")] == [folder / "few"]
    assert benchmark_runs(folder / "data") == []


def test_records_are_those_of_the_result(folder: Path):  # noqa: F811
    (run,) = benchmark_runs(folder / "b" / "shapes")
    (part,) = recall_run(run, access(folder))
    (told,) = (r for r in run.rows if r["quantity"] == "mean" and r["metric"] == "iou")
    opened = part.planned.opened
    assert primary(opened.task, opened.spec, part.records["random"][0]) == told["value"]
    assert len(part.groups) == told["n"]
    assert all(part.held)


def test_what_is_not_there_any_more_is_said(folder: Path, tmp_path: Path):  # noqa: F811
    (run,) = benchmark_runs(folder / "few")
    other = replace(run, result={**run.result, "model_digest": "0" * 64})
    with pytest.raises(InputError, match="lacks Records of test, 1-shot"):
        recall_run(other, access(folder))
    episodes = {"test/1": "0" * 64}
    with pytest.raises(InputError, match="test, 1-shot, has other episodes by now"):
        recall_run(replace(run, result={**run.result, "episodes": episodes}), access(folder))
    broken = json.loads((folder / "few" / "result.json").read_text())
    del broken["episodes"]
    with pytest.raises(InputError, match="not as painterkit wrote it"):
        recall_run(replace(run, result=broken), access(folder))
