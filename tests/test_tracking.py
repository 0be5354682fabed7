"""Runs in MLflow, read back through MLflow's own client."""

import json
import logging
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from painter_kit import tracking
from painter_kit.errors import InputError, PainterKitError
from painter_kit.tracking import MlflowRun, Tracking, runs_link, start_tracking, store_uri

PICTURE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)


@pytest.fixture
def opened(mlflow_here: Path) -> Tracking:
    return start_tracking()


def read(opened: Tracking, run_id: str | None) -> Any:
    assert opened.client is not None
    return opened.client.get_run(run_id)


def artifact(here: Path, pattern: str) -> Path:
    (path,) = (here / "mlartifacts").glob(f"*/artifacts/{pattern}")
    return path


def test_nothing_is_imported_or_written_when_off(tmp_path: Path):
    code = (
        "import sys, numpy; from painter_kit.tracking import start_tracking\n"
        "with start_tracking(False).run('search', 'x') as run:\n"
        "    run.metrics({'a': 1.0}); run.image('k', numpy.zeros((2, 2, 3), 'uint8'))\n"
        "assert run.run_id is None and 'mlflow' not in sys.modules"
    )
    root = Path(__file__).resolve().parents[1]
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(root)}, check=True
    )
    assert list(tmp_path.iterdir()) == []


def test_default_store_is_here(opened: Tracking, mlflow_here: Path):
    assert store_uri() == f"sqlite:///{mlflow_here / 'mlflow.db'}"
    assert {p.name for p in mlflow_here.iterdir()} == {"mlflow.db"}
    assert opened.client is not None
    experiment = opened.client.get_experiment_by_name("painterkit")
    assert experiment.experiment_id == opened.experiment_id
    assert experiment.artifact_location == (mlflow_here / "mlartifacts").as_uri()


def test_template_leaves_no_foreign_folder_behind(opened: Tracking, mlflow_here: Path):
    rows = sqlite3.connect(mlflow_here / "mlflow.db").execute(
        "SELECT artifact_location FROM experiments"
    )
    assert all(location.startswith(mlflow_here.as_uri()) for (location,) in rows)


def test_environment_names_store_and_experiment(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///sub/other.db")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    opened = start_tracking()
    assert opened.client is not None
    location = opened.client.get_experiment_by_name("mine").artifact_location
    assert location == (mlflow_here / "sub" / "mlartifacts").as_uri()
    assert (mlflow_here / "sub" / "other.db").is_file()


def test_second_opening_finds_the_same_experiment(opened: Tracking):
    assert start_tracking().experiment_id == opened.experiment_id


def test_run_keeps_everything(
    opened: Tracking, mlflow_here: Path, caplog: pytest.LogCaptureFixture
):
    (mlflow_here / "note.txt").write_text("kept")
    with opened.run("search", "random 64", group="demo-1", tags={"note": "x"}) as run:
        run.params({"task": "depth", "seed": 3, "long": "y" * 7000})
        run.metrics({"depth/rmse": 0.5, "gain/value": 0.1})
        for step in range(3):
            run.metrics({"candidate/score": 1.0 / (step + 1)}, step)
            run.image("prompt_target", PICTURE, step)
        run.tags({"extra": "1"})
        run.artifact(mlflow_here / "note.txt", "notes")
    kept = read(opened, run.run_id)
    assert kept.info.status == "FINISHED"
    assert kept.info.run_name == "random 64"
    assert kept.data.params["task"] == "depth"
    assert kept.data.params["seed"] == "3"
    assert len(kept.data.params["long"]) == 6000
    assert kept.data.metrics["depth/rmse"] == 0.5
    tags = kept.data.tags
    assert (tags["painterkit.kind"], tags["group"], tags["extra"]) == ("search", "demo-1", "1")
    assert tags["note"] == "x"
    assert opened.client is not None
    history = opened.client.get_metric_history(run.run_id, "candidate/score")
    assert [(m.step, m.value) for m in history] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert artifact(mlflow_here, "notes/note.txt").read_text() == "kept"
    assert caplog.records == []


def test_pictures_keep_their_colours(opened: Tracking, mlflow_here: Path):
    from PIL import Image

    with opened.run("prompt", "p") as run:
        run.image("query_00_painted", PICTURE, 2)
    path = artifact(mlflow_here, "images/query_00_painted+step+2+*.png")
    np.testing.assert_array_equal(np.asarray(Image.open(path)), PICTURE)


@pytest.mark.parametrize("bad", [PICTURE.astype(np.float32) / 255, PICTURE[..., 0]])
def test_pictures_of_another_kind_are_refused(opened: Tracking, bad: np.ndarray):
    with (
        pytest.raises(ValueError, match="must be uint8"),
        opened.run("prompt", "p") as run,
    ):
        run.image("x", bad)


def test_table_is_in_the_form_that_the_ui_shows(opened: Tracking, mlflow_here: Path):
    rows = [
        {"id": "a", "rmse": 0.5, "picture": PICTURE},
        {"id": "b", "rmse": float("nan"), "picture": PICTURE},
    ]
    with opened.run("prompt", "p") as run:
        run.table("per_image.json", rows)
    table = json.loads(artifact(mlflow_here, "per_image.json").read_text())
    assert table["columns"] == ["id", "rmse", "picture"]
    assert [row[:2] for row in table["data"]] == [["a", 0.5], ["b", None]]
    picture = table["data"][0][2]
    assert picture["type"] == "image"
    assert artifact(mlflow_here, picture["filepath"]).is_file()
    logged = json.loads(read(opened, run.run_id).data.tags["mlflow.loggedArtifacts"])
    assert logged == [{"path": "per_image.json", "type": "table"}]


def test_numbers_that_are_not_finite_are_left_out(
    opened: Tracking, caplog: pytest.LogCaptureFixture
):
    with opened.run("train", "t") as run:
        run.metrics({"loss": float("nan"), "rate": float("inf"), "good": 1.0}, 0)
        run.metrics({"loss": float("nan")}, 1)
    assert read(opened, run.run_id).data.metrics == {"good": 1.0}
    assert [r.message for r in caplog.records] == [
        "metric loss is nan and was not logged",
        "metric rate is inf and was not logged",
    ]


def test_names_become_names_that_mlflow_takes(opened: Tracking):
    with opened.run("train", "t") as run:
        run.metrics({"loss[depth]": 1.0})
        run.params({"a:b": 1})
        run.image("überblick", PICTURE)
    kept = read(opened, run.run_id).data
    assert set(kept.metrics) == {"loss_depth_"}
    assert set(kept.params) == {"a_b"}


def test_long_series_arrive_whole(opened: Tracking):
    with opened.run("search", "s") as run:
        for step in range(2500):
            run.metrics({"score": float(step)}, step)
    assert opened.client is not None
    assert len(opened.client.get_metric_history(run.run_id, "score")) == 2500


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "FAILED")],
)
def test_status_tells_how_the_work_ended(opened: Tracking, error: type[BaseException], status: str):
    ids = []

    def work() -> None:
        with opened.run("train", "t") as run:
            ids.append(run.run_id)
            raise error

    with pytest.raises(error):
        work()
    assert read(opened, ids[0]).info.status == status


def test_resumed_run_goes_on(opened: Tracking):
    with opened.run("train", "t") as first:
        first.metrics({"loss": 2.0}, 0)
    with opened.run("train", "t", resume=first.run_id) as second:
        assert read(opened, first.run_id).info.status == "RUNNING"
        second.metrics({"loss": 1.0}, 1)
    assert second.run_id == first.run_id
    assert opened.client is not None
    assert len(opened.client.get_metric_history(first.run_id, "loss")) == 2


def test_resuming_a_run_that_is_gone_starts_another(opened: Tracking):
    with opened.run("train", "t", resume="0" * 32) as run:
        assert run.run_id != "0" * 32
    assert read(opened, run.run_id).info.status == "FINISHED"


@pytest.mark.parametrize("uri", ["file:///tmp/x", "mlruns", "./mlruns"])
def test_folder_stores_are_refused_with_advice(
    mlflow_here: Path, monkeypatch: pytest.MonkeyPatch, uri: str
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(InputError, match=r"use sqlite:///mlflow\.db or the address of a server"):
        start_tracking()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "nonsense://x"])
def test_store_that_cannot_be_reached(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch, uri: str):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(PainterKitError, match="cannot be used") as caught:
        start_tracking()
    assert "--no-mlflow" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_deleted_experiment_is_named(opened: Tracking):
    assert opened.client is not None
    opened.client.delete_experiment(opened.experiment_id)
    with pytest.raises(InputError, match="experiment 'painterkit' is deleted"):
        start_tracking()


def test_failing_store_does_not_stop_the_work(mlflow_here: Path, caplog: pytest.LogCaptureFixture):
    calls = []

    class Gone:
        def log_batch(self, *args: Any, **options: Any) -> None:
            calls.append(args)
            raise OSError("disk full")

    run = MlflowRun(Gone(), "id")
    for _ in range(5):
        run.tags({"a": "b"})
    assert len(calls) == tracking.MOST_FAILURES
    messages = [r.message for r in caplog.records if r.levelno == logging.WARNING]
    assert messages[0] == "MLflow took no tags: disk full"
    assert messages[-1].endswith("nothing more is sent")


def test_link_shows_the_runs():
    assert runs_link("http://127.0.0.1:5000/", "7") == (
        "http://127.0.0.1:5000/#/experiments/7/runs"
        "?compareRunsMode=CHART&workflowType=machine_learning"
    )


def test_the_machines_load_needs_its_package(opened: Tracking, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with (
        pytest.raises(InputError, match=r"psutil.*leave system_metrics out"),
        opened.run("train", "x", system_metrics=True),
    ):
        pass
    assert opened.client is not None
    assert opened.client.search_runs([opened.experiment_id]) == []


def test_the_machines_load_is_measured(opened: Tracking, monkeypatch: pytest.MonkeyPatch):
    """For real: MLflow's monitor samples in a thread of its own."""
    pytest.importorskip("psutil")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.2")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING", "1")
    with opened.run("train", "x", system_metrics=True) as run:
        deadline = time.monotonic() + 30
        name = "system/system_memory_usage_megabytes"
        while not (history := opened.client.get_metric_history(run.run_id, name)):
            assert time.monotonic() < deadline, "nothing was logged"
            time.sleep(0.1)
    assert history[0].value > 1
