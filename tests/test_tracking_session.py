"""Runs for the length of a block."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from painter_kit.errors import InputError
from painter_kit.tracking import Tracking, session, start_tracking
from tests.tracking_toys import read


@pytest.fixture
def opened(mlflow_here: Path) -> Tracking:
    return start_tracking()


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


def test_the_machines_load_needs_its_package(opened: Tracking, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "find_spec", lambda name: None)
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
        assert opened.client is not None
        while not (history := opened.client.get_metric_history(run.run_id, name)):
            assert time.monotonic() < deadline, "nothing was logged"
            time.sleep(0.1)
    assert history[0].value > 1


def test_a_store_that_is_lost_does_not_stop_the_work(
    opened: Tracking, caplog: pytest.LogCaptureFixture
):
    with opened.run("search", "s") as first:
        first.metrics({"score": 1.0})
    assert not opened.failed
    opened.sender.client = None  # every request fails from here on
    with opened.run("prompt", "p") as second:
        second.metrics({"score": 1.0})
    assert second.run_id is None
    assert opened.failed
    assert [r.message.partition(":")[0] for r in caplog.records] == ["MLflow took no run"]
