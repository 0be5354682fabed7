"""What a store lacks of a run that was to be logged to it."""

import json
from pathlib import Path

import pytest

from benchmarks.faults.later import lacking
from painter_kit.tracking import start_tracking, store_uri


@pytest.fixture
def run(mlflow_here: Path) -> Path:
    folder = mlflow_here / "run"
    folder.mkdir()
    (folder / "painterkit.json").write_text(json.dumps({"verb": "evaluate"}))
    (folder / "result.json").write_text(json.dumps({"task": "depth"}))
    return folder


def note(folder: Path, *run_ids: str | None) -> None:
    (folder / ".mlflow.json").write_text(json.dumps({"run_ids": run_ids}))


def test_runs_must_be_finished_and_filled(run: Path):
    assert lacking(store_uri(), run) == "no run was noted"
    tracking = start_tracking()
    with tracking.run("prompt", "whole") as whole:
        whole.params({"task": "depth"})
        whole.metrics({"depth/rmse": 0.5})
    with tracking.run("prompt", "empty") as empty:
        pass
    note(run, whole.run_id)
    assert lacking(store_uri(), run) == ""
    note(run, whole.run_id, empty.run_id)
    assert "is FINISHED with 0 metrics" in lacking(store_uri(), run)


def test_a_training_notes_its_run_by_itself(run: Path):
    (run / "painterkit.json").write_text(json.dumps({"verb": "train"}))
    assert lacking(store_uri(), run) == "no run was noted"
    with start_tracking().run("train", "whole") as whole:
        whole.params({"lr": 0.1})
        whole.metrics({"loss/all": 0.5}, 1)
    (run / "mlflow_run_id").write_text(f"{whole.run_id}\n")
    assert lacking(store_uri(), run) == ""
