"""``painterkit ui``: what it refuses, and a real server on a real store."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from painter_kit.cli.main import cli
from painter_kit.cli.ui import PORT, _tell, free_port, links
from painter_kit.errors import InputError
from painter_kit.tracking import start_tracking, store_uri
from painter_kit.tracking.views import VIEW_TAG

ROOT = Path(__file__).resolve().parents[1]


def test_without_runs_there_is_nothing_to_show(mlflow_here: Path):
    result = CliRunner().invoke(cli, ["ui"])
    assert result.exit_code == 2
    assert "run painterkit demo first" in result.stderr
    assert list(mlflow_here.iterdir()) == []


def test_a_server_that_is_away_is_named(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9/")
    result = CliRunner().invoke(cli, ["ui"])
    assert result.exit_code == 1
    assert "MLflow at http://127.0.0.1:9/ cannot be used" in result.stderr


def test_links_lead_to_the_latest_prompts_and_keep_a_view_on_them(mlflow_here: Path):
    opened = start_tracking()
    place = f"http://h/#/experiments/{opened.experiment_id}/runs"
    assert list(links(store_uri(), "http://h")) == ["all runs"]
    assert links(store_uri(), "http://h")["all runs"].startswith(place)
    with opened.run("prompt", "searched", "demo 1") as run:
        run.params({"task": "depth"})
        run.metrics({"depth/rmse": 0.5})
    places = links(store_uri(), "http://h")
    shown = list(places.values())
    assert next(iter(places)).startswith("1 prompts of demo 1")
    assert [link.startswith("http://h/#/") for link in shown] == [True] * 5
    assert all("viewStateShareKey=painterkit" in link for link in shown[:3])
    assert str(run.run_id) in shown[3]
    assert opened.client is not None
    view = json.loads(opened.client.get_experiment(opened.experiment_id).tags[VIEW_TAG])
    assert "demo 1" in view["searchFilter"]


def test_without_an_experiment_the_front_page_is_named(
    mlflow_here: Path, monkeypatch: pytest.MonkeyPatch
):
    start_tracking()
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    assert list(links(store_uri(), "http://h").values()) == ["http://h"]


def test_links_are_words_for_people_or_one_object(capsys: pytest.CaptureFixture[str]):
    places = {"all runs": "http://h/#/runs", "by image": "http://h/#/images"}
    _tell("here\n", "http://h", places, as_json=False)
    words = "here\nall runs\n  http://h/#/runs\nby image\n  http://h/#/images\n"
    assert capsys.readouterr().out == words
    _tell("here\n", "http://h", places, as_json=True)
    told = capsys.readouterr()
    assert json.loads(told.out) == {"address": "http://h", "links": places}
    assert (told.out.count("\n"), told.err) == (1, words)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_refused(taken: int):
    with pytest.raises(
        InputError, match=r"no free port on 127\.0\.0\.1; give a free one by --port"
    ):
        free_port("127.0.0.1", taken)


def test_the_default_port_is_a_free_one():
    port = free_port("127.0.0.1", None)
    assert port >= PORT
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@pytest.mark.slow
def test_server_shows_the_runs_and_ends_when_interrupted(mlflow_here: Path):
    opened = start_tracking()
    with opened.run("prompt", "searched") as run:
        run.metrics({"depth/rmse": 0.5})
    server = subprocess.Popen(
        [sys.executable, "-m", "painter_kit", "ui"],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    assert server.stdout is not None
    try:
        lines = [server.stdout.readline() for _ in range(2)]
        found = re.fullmatch(
            r"  (http://127\.0\.0\.1:\d+)/#/experiments/(\d+)/runs"
            r"\?compareRunsMode=CHART&workflowType=machine_learning"
            r"&viewStateShareKey=painterkit\n",
            lines[1],
        )
        assert found, lines
        address, experiment = found.groups()
        body = json.dumps({"experiment_ids": [experiment]}).encode()
        request = Request(f"{address}/api/2.0/mlflow/runs/search", body)
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=30) as answer:
            (shown,) = json.load(answer)["runs"]
        assert shown["info"]["run_id"] == run.run_id
    finally:
        server.send_signal(signal.SIGINT)
        code = server.wait(30)
    assert code == 0
    assert_gone(int(address.rsplit(":", 1)[1]))


def assert_gone(port: int) -> None:
    """Nothing listens any more: the whole process group has ended."""
    for _ in range(50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"something still listens on port {port}")
