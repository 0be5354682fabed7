"""Addresses of pages, and which prompts they are about."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from painter_kit.tracking import start_tracking
from painter_kit.tracking.links import (
    compare_link,
    latest_prompts,
    of_group,
    run_link,
    runs_link,
)


def test_link_shows_the_runs():
    assert runs_link("http://127.0.0.1:5000/", "7") == (
        "http://127.0.0.1:5000/#/experiments/7/runs"
        "?compareRunsMode=CHART&workflowType=machine_learning"
    )
    assert runs_link("http://h", "7", "table", "mine").endswith(
        "/runs?workflowType=machine_learning&viewStateShareKey=mine"
    )
    assert run_link("http://h/", "7", "abc") == "http://h/#/experiments/7/runs/abc"


def test_compared_runs_survive_a_click_in_a_terminal():
    link = compare_link("http://h", "7", ["abc", "def"])
    assert not set('"[] ') & set(link)
    asked = parse_qs(urlsplit(urlsplit(link).fragment).query)
    assert json.loads(asked["runs"][0]) == ["abc", "def"]
    assert json.loads(asked["experiments"][0]) == ["7"]


@pytest.mark.parametrize("group", ["demo 1", "search folder:it's mine"])
def test_latest_prompts_are_those_of_the_last_group(mlflow_here: Path, group: str):
    opened = start_tracking()
    assert latest_prompts(opened.client, opened.experiment_id) is None
    ids = []
    for name in ("older", group):
        for kind in ("random", "searched"):
            with opened.run("prompt", kind, name) as run:
                run.params({"task": "depth"})
                run.metrics({"depth/a1": 0.9, "depth/rmse": 0.5, "depth/rmse_ci_low": 0.4})
                ids.append(run.run_id)
    with opened.run("search", "later", "other"):
        pass
    latest = latest_prompts(opened.client, opened.experiment_id)
    assert latest is not None
    assert (latest.group, latest.task, latest.metric) == (group, "depth", "depth/rmse")
    assert list(latest.run_ids) == ids[2:]


def test_a_prompt_without_a_group_stands_alone(mlflow_here: Path):
    opened = start_tracking()
    with opened.run("prompt", "p") as run:
        run.params({"task": "depth"})
    latest = latest_prompts(opened.client, opened.experiment_id)
    assert latest is not None
    assert (latest.group, latest.metric, latest.run_ids) == ("", "", (run.run_id,))
    assert of_group("") == "tags.`painterkit.kind` = 'prompt'"
