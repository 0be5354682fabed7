"""Runs in MLflow, read back through MLflow's own client."""

import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.tracking import Tracking, start_tracking
from painter_kit.tracking.notes import NOTE
from painter_kit.tracking.run import DIGEST_SHOWN
from tests.tracking_toys import PICTURE, artifact, read


@pytest.fixture
def opened(mlflow_here: Path) -> Tracking:
    return start_tracking()


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


def test_examples_become_a_dataset_with_its_role(opened: Tracking):
    with opened.run("search", "s") as run:
        run.data("world", "f" * 64, "select", {"examples": 48})
        run.data("world", "e" * 64, "confirm", {"examples": 64})
        run.data("world", "f" * 64, "select", {"examples": 48})  # as a resumed run does
    given = read(opened, run.run_id).inputs.dataset_inputs
    found = {
        (i.dataset.name, i.dataset.digest, tag.key, tag.value) for i in given for tag in i.tags
    }
    assert found == {
        ("world", letter * DIGEST_SHOWN, "mlflow.data.context", role)
        for letter, role in (("f", "select"), ("e", "confirm"))
    }
    assert {json.loads(i.dataset.profile)["examples"] for i in given} == {48, 64}


def test_settings_read_from_a_file_are_the_same_params(
    opened: Tracking, caplog: pytest.LogCaptureFixture
):
    with opened.run("search", "s") as run:
        run.params({"also": (), "betas": (0.9, (1, 2)), "k": None})
    with opened.run("search", "s", resume=run.run_id) as again:
        again.params({"also": [], "betas": [0.9, [1, 2]], "k": None})
    assert caplog.records == []
    assert not opened.failed
    assert read(opened, run.run_id).data.params["betas"] == "[0.9, [1, 2]]"


def test_a_note_is_the_runs_description(opened: Tracking):
    with opened.run("prompt", "p") as run:
        run.note("### title")
    assert read(opened, run.run_id).data.tags[NOTE] == "### title"
