"""Searches that are stopped, broken off, resumed and extended."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from painter_kit.cli.resume import RUN_FILE, Begun
from painter_kit.cli.search_settings import SearchSettings
from painter_kit.errors import InputError
from painter_kit.inference.predictor import Predictor
from tests.test_cli_search_prompt import search, told, work  # noqa: F401

pytestmark = pytest.mark.usefixtures("work")
# A race of one block for each of three candidates, after three that are timed and two of the
# panel; the confirmation has three more.
MIDDLE = 7
RUN = ["--out", "out", "--json", "--no-mlflow", "--pool", "all", "--select", "all"]


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def at_batch(number: int, act: Callable[[], object]) -> Iterator[list[int]]:
    """Do something while the n-th batch from now on is being painted."""
    painted, calls = Predictor.pictures, []

    def pictures(self: Predictor, *args: Any) -> Any:
        calls.append(1)
        if len(calls) == number:
            act()
        return painted(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Predictor, "pictures", pictures)
        yield calls


def log_of(out: str) -> bytes:
    return Path(out, "decisions.jsonl").read_bytes()


def undisturbed() -> bytes:
    told(search(*RUN, "--out", "whole", "--store", "other"))
    return log_of("whole")


def test_how_it_was_begun_reads_back(tmp_path: Path):
    begun = Begun({"pool": 4, "budget": "30s"}, Path("store"), None, "cpu", False, 77, 2.5, "g")
    begun.save(tmp_path)
    assert Begun.load(tmp_path) == begun
    assert begun.built(SearchSettings) == SearchSettings(pool=4, budget="30s")
    given = {"store": None, "data_root": Path("new"), "device": None, "mlflow": True, "json": 1}
    found = {"store": Path("store"), "data_root": Path("new"), "device": "cpu", "mlflow": False}
    assert begun.flags(given) == {**found, "json": 1}
    with pytest.raises(InputError, match=r"holds no run.yaml; start anew"):
        Begun.load(tmp_path / "none")


def test_an_interrupted_search_is_confirmed_and_can_go_on(capfd: pytest.CaptureFixture[str]):
    with at_batch(MIDDLE, interrupt):
        early = told(search(*RUN))
    assert early["stopped"] == "interrupted"
    assert "once more leaves at once" in capfd.readouterr().err
    assert early["gain"]["value"] is not None
    assert Path("out/prompt/prompt.json").is_file()
    resumed = told(search(*RUN, "--resume"))
    assert "stopped" not in resumed
    assert resumed["forwards"]["reused"] > 0
    assert log_of("out") == undisturbed()


def test_a_second_interrupt_leaves_at_once_and_resuming_repeats_nothing():
    def twice() -> None:
        interrupt()
        interrupt()

    with at_batch(MIDDLE, twice) as calls:
        result = search(*RUN)
    assert result.exit_code == 130
    assert len(calls) == MIDDLE
    assert {p.name for p in Path("out").iterdir()} == {RUN_FILE, "painterkit.json", ".lock"}
    assert "is not empty" in search(*RUN).stderr
    with at_batch(0, interrupt) as rest:
        told(search("--resume", *RUN))
    assert log_of("out") == undisturbed()
    with at_batch(0, interrupt) as whole:
        told(search(*RUN, "--out", "third", "--store", "third-store"))
    # Three batches of the first process were kept; the resumed one timed nothing.
    assert len(rest) == len(whole) - 3 - 3


def test_an_interrupt_before_the_panel_is_measured():
    with at_batch(4, interrupt):
        result = search(*RUN)
    assert result.exit_code == 130
    assert "before the panel was measured" in result.stderr
    told(search("--resume", *RUN))
    assert log_of("out") == undisturbed()


def test_a_stop_file_ends_it_once():
    with at_batch(MIDDLE, Path("out/stop").touch):
        assert told(search(*RUN))["stopped"] == "stop file"
    assert not Path("out/stop").exists()
    with at_batch(1, Path("out/stop").touch):
        again = search("--resume", *RUN)
    assert told(again).get("stopped") in ("stop file", None)
    told(search("--resume", *RUN))
    assert log_of("out") == undisturbed()


def test_what_it_was_begun_with_stays():
    first = told(search(*RUN))
    kept = ["--out", "out", "--resume", "--json"]
    from click.testing import CliRunner

    from painter_kit.cli.main import cli

    # Nothing but the folder is needed: settings, store and device are those of the beginning.
    again = told(CliRunner().invoke(cli, ["search-prompt", *kept]))
    assert (again["forwards"]["new"], again["winner"]) == (0, first["winner"])
    assert not Path("mlflow.db").exists()
    for flags, words in {
        ("--seed", "3"): "was begun with seed=0, not seed=3",
        ("--set", "b0=2"): "was begun with b0=None, not b0=2",
        ("--budget", "90"): "was begun with budget=None, not budget=90",
        ("--config", "out/config.yaml"): "leave --config out",
    }.items():
        result = CliRunner().invoke(cli, ["search-prompt", *kept, *flags])
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.stderr
        assert words in result.stderr
    shown = CliRunner().invoke(cli, ["search-prompt", *kept, "--print-config"])
    assert "select: all" in shown.stdout


def test_a_finished_search_is_extended():
    first = told(search(*RUN))
    asked = first["forwards"]["new"] + first["forwards"]["reused"]
    more = told(search("--resume", *RUN, "--budget", "+50"))
    assert more["forwards"]["new"] <= 50
    assert more["forwards"]["reused"] >= asked
    header = json.loads(log_of("out").splitlines()[0])
    assert header["config"]["budget"] == asked + 50
    config = Path("out/config.yaml").read_text()
    assert f"budget: {asked + 50}" in config
    told(search(*RUN, "--out", "direct", "--budget", str(asked + 50)))
    assert log_of("direct") == log_of("out")


def test_what_was_killed_without_a_budget_cannot_be_extended():
    with at_batch(4, interrupt):
        search(*RUN)
    result = search("--resume", *RUN, "--budget", "+50")
    assert result.exit_code == 2
    assert "has neither ended nor a budget of its own" in result.stderr


def test_one_run_is_continued():
    from mlflow import MlflowClient

    flags = ["--out", "out", "--json"]
    with at_batch(6, interrupt):
        first = search(*flags)
    second = told(search("--resume", *flags))
    client = MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}")
    experiment = client.get_experiment_by_name("painterkit")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.`painterkit.kind` = 'search'")
    assert [run.info.run_id for run in runs] == [second["run_id"]]
    assert first.exit_code in (0, 130)
