"""Where runs are kept."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from painter_kit.errors import InputError, PainterKitError
from painter_kit.tracking import Tracking, start_tracking, store_uri
from painter_kit.tracking.notes import EXPERIMENT_NOTE, NOTE
from painter_kit.tracking.store import QUIET, impatient, silence


@pytest.fixture
def opened(mlflow_here: Path) -> Tracking:
    return start_tracking()


def test_default_store_is_here(opened: Tracking, mlflow_here: Path):
    assert store_uri() == f"sqlite:///{mlflow_here / 'mlflow.db'}"
    assert {p.name for p in mlflow_here.iterdir()} == {"mlflow.db"}
    assert opened.client is not None
    experiment = opened.client.get_experiment_by_name("painterkit")
    assert experiment.experiment_id == opened.experiment_id
    assert experiment.artifact_location == (mlflow_here / "mlartifacts").as_uri()


def test_mlflow_is_silenced_but_for_what_the_user_has_set(monkeypatch: pytest.MonkeyPatch):
    for name in QUIET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "true")
    silence()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] == "true"
    for name in QUIET:  # so that what was set here is taken away again
        monkeypatch.setenv(name, os.environ[name])


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


def test_the_experiment_says_what_is_in_it(opened: Tracking):
    assert opened.client is not None
    tags = opened.client.get_experiment(opened.experiment_id).tags
    assert tags[NOTE] == EXPERIMENT_NOTE
    assert "per_image.json" in EXPERIMENT_NOTE


def test_impatience_ends_with_the_block_in_every_thread(monkeypatch: pytest.MonkeyPatch):
    import os

    name = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
    monkeypatch.delenv(name, raising=False)
    failed = []

    def work() -> None:
        try:
            for _ in range(300):
                with impatient():
                    pass
        except KeyError as error:  # two threads took the same setting back
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert name not in os.environ
