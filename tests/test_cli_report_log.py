"""Runs that were never tracked, put into MLflow later."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from painter_kit.cli.report_log import LateLog, add_page, has_run
from painter_kit.errors import PainterKitError
from painter_kit.report.runs import LOGGED, open_run
from painter_kit.tracking import start_tracking
from painter_kit.tracking.sending import MOST_FAILURES
from tests import report_toys

made = report_toys.made


@pytest.fixture
def copied(made: report_toys.Made, mlflow_here: Path) -> Path:
    for name in ("search", "tuned", "one"):
        shutil.copytree(made.folder / name, mlflow_here / name)
    return mlflow_here


def test_a_search_with_all_it_holds(made: report_toys.Made, copied: Path):
    tracking, run = start_tracking(), open_run(copied / "search")
    ids = LateLog(tracking, made.access).log(run)
    client = tracking.client
    assert client is not None
    search, prompt = (client.get_run(run_id) for run_id in ids)
    row = run.rows[0]
    assert search.data.tags["painterkit.kind"] == "search"
    assert prompt.data.tags["painterkit.kind"] == "prompt"
    assert search.data.tags["group"] == prompt.data.tags["group"]
    assert search.data.params["pool"] == "4"
    assert search.data.metrics["gain/value"] == row["gain"]["value"]
    assert search.data.metrics["depth/rmse"] == prompt.data.metrics["depth/rmse"]
    assert prompt.data.params["prompt_kind"] == "searched"
    assert len(client.get_metric_history(ids[0], "search/best_score")) > 0
    files = {item.path for item in client.list_artifacts(ids[0])}
    assert files == {p.name for p in (copied / "search").iterdir() if not p.name.startswith(".")}
    assert "per_image.json" in {item.path for item in client.list_artifacts(ids[1])}
    assert open_run(copied / "search").run_ids == ids


def test_logging_again_goes_on_with_the_same_runs(made: report_toys.Made, copied: Path):
    tracking = start_tracking()
    late = LateLog(tracking, made.access)
    first = late.log(open_run(copied / "tuned"))
    assert late.log(open_run(copied / "tuned")) == first
    assert len(first) == 2
    client = tracking.client
    assert client is not None
    assert len(client.search_runs([tracking.experiment_id])) == 2
    assert client.get_run(first[0]).data.tags["painterkit.kind"] == "tune"
    assert len(client.get_metric_history(first[0], "tune/loss")) >= 2


def test_a_run_that_the_server_left_unfinished_is_continued(made: report_toys.Made, copied: Path):
    tracking = start_tracking()
    with tracking.run("search", "begun", "the group") as begun:
        pass
    assert begun.run_id is not None
    note = (copied / "search" / "run.yaml").read_text()
    note = note.replace("run_id: null", f"run_id: {begun.run_id}")
    (copied / "search" / "run.yaml").write_text(note)
    ids = LateLog(tracking, made.access).log(open_run(copied / "search"))
    assert ids[0] == begun.run_id
    noted = json.loads((copied / "search" / LOGGED).read_text())
    assert noted["runs"]["search-prompt"] == begun.run_id


def test_an_evaluation_by_task(made: report_toys.Made, copied: Path):
    tracking, run = start_tracking(), open_run(copied / "one")
    (run_id,) = LateLog(tracking, made.access).log(run)
    client = tracking.client
    assert client is not None
    told = client.get_run(run_id).data
    metrics = run.rows[0]["metrics"]
    assert told.metrics["depth/rmse"] == metrics["rmse"]["value"]
    assert told.metrics["depth/rmse_ci_low"] == metrics["rmse"]["ci_low"]
    assert (told.params["split"], told.params["n"]) == ("test", str(run.rows[0]["n"]))


def test_pages_go_to_runs_that_are_there(copied: Path):
    tracking = start_tracking()
    with tracking.run("search", "x") as there:
        pass
    assert there.run_id is not None
    page = copied / "report.html"
    page.write_text("x")
    assert add_page(tracking, [there.run_id, "0" * 32], page) == [there.run_id]
    assert has_run(tracking, there.run_id)
    assert not has_run(tracking, "0" * 32)


def test_a_store_that_fails_meanwhile_is_told_and_logged_to_again(
    made: report_toys.Made, copied: Path, monkeypatch: pytest.MonkeyPatch
):
    tracking = start_tracking()
    send = tracking.sender.send

    def fail_at_tables(what: str, method: str, *args: Any, **options: Any) -> Any:
        if what == "table":
            tracking.sender.failures, tracking.sender.failed = MOST_FAILURES, True
        return send(what, method, *args, **options)

    monkeypatch.setattr(tracking.sender, "send", fail_at_tables)
    with pytest.raises(PainterKitError, match=r"did not take all of .*tuned; .* goes on"):
        LateLog(tracking, made.access).log(open_run(copied / "tuned"))
    begun = open_run(copied / "tuned").run_ids
    again = start_tracking()
    assert LateLog(again, made.access).log(open_run(copied / "tuned"))[: len(begun)] == begun
    assert again.client is not None
    assert len(again.client.search_runs([again.experiment_id])) == 2
