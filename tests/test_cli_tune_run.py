"""The run of a tuning is noted in its folder and continued."""

from pathlib import Path

import pytest

from painter_kit.cli.tune_run import RUN_FILE, _tracked
from painter_kit.tracking import start_tracking


def test_a_second_sitting_continues_run_and_group(mlflow_here: Path):
    tracking = start_tracking()
    assert tracking.client is not None
    with pytest.raises(KeyboardInterrupt), _tracked(tracking, mlflow_here, "depth world") as first:
        raise KeyboardInterrupt
    run, group = first
    assert (mlflow_here / RUN_FILE).read_text() == f"{run.run_id}\n{group}\n"
    assert tracking.client.get_run(run.run_id).info.status == "KILLED"
    with _tracked(tracking, mlflow_here, "depth world") as (again, same):
        assert (again.run_id, same) == (run.run_id, group)
    assert tracking.client.get_run(run.run_id).info.status == "FINISHED"


def test_nothing_is_noted_where_nothing_is_tracked(tmp_path: Path):
    with _tracked(start_tracking(False), tmp_path, "depth world") as (run, group):
        assert run.run_id is None
        assert group.startswith("tune-prompt depth world ")
    assert not (tmp_path / RUN_FILE).exists()
