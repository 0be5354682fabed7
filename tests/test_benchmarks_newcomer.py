"""The newcomer's terminal, what counts as reached, and the table."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import newcomer
from benchmarks.newcomer import (
    PAIRS,
    Goal,
    Reached,
    Walk,
    command,
    goals,
    report,
    saw_prediction,
    saw_search,
    saw_table,
    take_photo,
)
from painter_kit.data.folder import open_folder
from painter_kit.data.pictures import picture_size, write_depth
from painter_kit.errors import InputError, PainterKitError
from tests.docs_pages import Command, plain
from tests.test_docs_commands import call, check

ROW = (
    "depth  world-shifted  rmse (m, lower is better)  96  1.167 +- 0.226  "
    "0.893, gain +0.273 [+0.155, +0.401] *  0.688, gain +0.479 [+0.357, +0.608] *\n"
)


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    return Walk(tmp_path, tmp_path / "terminal.txt")


def test_commands_are_typed_where_the_newcomer_is(walk: Walk, tmp_path: Path):
    (tmp_path / "inside").mkdir()
    walk.type("cd inside")
    assert walk.type("echo hello > file && cat file") == "hello\n"
    assert (tmp_path / "inside/file").is_file()
    kept = (tmp_path / "terminal.txt").read_text()
    assert kept == "$ echo hello > file && cat file\nhello\n\n"


def test_what_the_measuring_machine_has_set_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("PYTHONPATH", "MLFLOW_TRACKING_URI", "PAINTERKIT_HOME"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "kept")
    walk = Walk(tmp_path, tmp_path / "terminal.txt")
    told = walk.type("env")
    assert "elsewhere" not in told
    assert "HTTPS_PROXY=kept" in told


def test_a_failing_command_ends_a_goal_but_not_the_walk(walk: Walk):
    bad = Goal("impossible", ("echo begun", "echo broken >&2; exit 3", "echo never"), saw_table)
    good = Goal("easy", ("echo done",), lambda folder, output: output.strip())
    first, second = walk.reach(bad), walk.reach(good)
    assert (first.reached, second.reached) == (False, True)
    assert first.found == "echo broken >&2; exit 3: exit code 3, broken"
    assert "never" not in walk.protocol.read_text().splitlines()
    assert second.found == "done"
    assert second.since_clone == pytest.approx(first.seconds + second.seconds)


def test_a_command_that_does_not_end_is_left_to_the_look(walk: Walk):
    goal = Goal("page", ("exit 7",), lambda folder, output: f"seen{output}", lasts=True)
    assert walk.reach(goal).found == "seen"
    assert [goal.lasts for goal in goals("x")] == [False, True, False, False]


def test_what_he_has_already_is_not_timed(walk: Walk, monkeypatch: pytest.MonkeyPatch):
    clock = iter([0.0, 100.0, 103.0])
    monkeypatch.setattr(newcomer.time, "monotonic", lambda: next(clock))
    reached = walk.reach(Goal("x", (), lambda folder, output: "seen", lambda folder: None))
    assert (reached.seconds, walk.spent) == (3.0, 3.0)


def test_the_table_is_seen_with_the_share_of_the_installation(tmp_path: Path):
    for name in (".git/HEAD", ".venv/.ready"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    found = saw_table(tmp_path, f"installed\n{ROW}")
    assert found.startswith("gain +0.273 [+0.155, +0.401], gain +0.479 [+0.357, +0.608]; 0.0 min")
    with pytest.raises(PainterKitError, match="no row for world-shifted"):
        saw_table(tmp_path, ROW.replace("world-shifted", "world"))


def test_a_prediction_must_have_the_size_of_the_photograph(tmp_path: Path):
    take_photo(tmp_path)
    height, width = picture_size(tmp_path / "photo.jpg")
    out = tmp_path / "runs/predict-1"
    out.mkdir(parents=True)
    write_depth(out / "photo_decoded.png", np.full((height, width), 1.5, np.float32))
    assert saw_prediction(tmp_path, "") == f"a depth map of {width} x {height}, 1.5 to 1.5 m"
    write_depth(out / "photo_decoded.png", np.ones((8, 8), np.float32))
    with pytest.raises(PainterKitError, match="has the size"):
        saw_prediction(tmp_path, "")
    shutil.rmtree(out)
    with pytest.raises(InputError, match="does not exist"):
        saw_prediction(tmp_path, "")


def test_a_search_is_seen_by_its_prompt_and_interval(tmp_path: Path):
    said = "  gain in rmse +0.09 m, 95 % interval +0.01 to +0.2, p = 0.01\n"
    with pytest.raises(PainterKitError, match="no prompt with an interval"):
        saw_search(tmp_path, said)
    (tmp_path / "runs/mine/prompt").mkdir(parents=True)
    (tmp_path / "runs/mine/prompt/prompt.json").touch()
    assert saw_search(tmp_path, said) == said.strip()
    no = "  no evidence of improvement (gain in rmse +0.1 m, 95 % interval -1 to +2, p = 0.5)\n"
    assert saw_search(tmp_path, no).startswith("gain in rmse +0.1 m")


def test_the_commands_are_ones_that_painterkit_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    typed = [c for goal in goals("ADDRESS") for c in goal.commands]
    assert typed[:3] == ["git clone ADDRESS painterkit", "cd painterkit", "make demo"]
    for text in [*typed[3:], PAIRS]:
        check(Command("", 0, plain(text.split())).words)
    result = call(plain([*PAIRS.split(), "--count", "2", "--size", "16x16"]))
    assert result.exit_code == 0, result.output
    assert "depth" in open_folder("my/pairs").tasks


def test_the_report_is_a_table_with_the_commands_behind_it():
    rows = [
        Reached("table", ["git clone here/it painterkit", "make demo"], 90, 90, "gain"),
        Reached("page", ["painterkit ui"], 6, 96, "no Chromium", reached=False),
    ]
    lines = report(rows, "here/it").splitlines()
    assert lines[0] == "| to | commands | minutes | since the clone | seen |"
    assert lines[2] == "| table | 2 | 1.5 | 1.5 | gain |"
    assert lines[3] == "| page | 1 | 0.1 | 1.6 | NOT REACHED: no Chromium |"
    assert "- table: `git clone ADDRESS painterkit`" in lines


def test_the_command_walks_and_says_what_was_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    easy = Goal("easy", ("echo done",), lambda folder, output: output.strip())
    monkeypatch.setattr(newcomer, "goals", lambda source: (easy,))
    run = CliRunner().invoke(command, ["--out", str(tmp_path / "a"), "--clone", "x"])
    assert run.exit_code == 0
    (row,) = json.loads((tmp_path / "a/newcomer.json").read_text())
    assert (row["name"], row["found"], row["reached"]) == ("easy", "done", True)
    assert "| easy | 1 |" in run.stdout
    hard = Goal("hard", ("exit 1",), saw_table)
    monkeypatch.setattr(newcomer, "goals", lambda source: (hard,))
    again = CliRunner().invoke(command, ["--out", str(tmp_path / "a"), "--clone", "x"])
    assert isinstance(again.exception, InputError)
    assert "is not empty" in str(again.exception)
    failed = CliRunner().invoke(command, ["--out", str(tmp_path / "b"), "--clone", "x"])
    assert isinstance(failed.exception, PainterKitError)
    assert "NOT REACHED" in failed.stdout
