"""What is printed, and where."""

import json
from pathlib import Path

import click
import numpy as np
from click.testing import CliRunner

from painter_kit.cli.output import emit, plain, progress, say, table


def test_words_leave_stdout_to_the_json_object():
    @click.command()
    def command() -> None:
        say("words", as_json=True)
        emit({"value": np.float32(0.5), "bad": float("nan"), "path": Path("a")})

    result = CliRunner().invoke(command)
    assert result.stderr == "words\n"
    assert json.loads(result.stdout) == {"value": 0.5, "bad": None, "path": "a"}
    assert result.stdout.count("\n") == 1


def test_plain_reaches_into_structures():
    value = {"a": (np.int64(1), [np.array([1.5, np.inf])]), 2: None, "b": True}
    assert plain(value) == {"a": [1, [[1.5, None]]], "2": None, "b": True}


def test_table_aligns_numbers_to_the_right():
    rows = [{"task": "depth", "rmse": 0.5}, {"task": "semantic", "rmse": 12.25}]
    assert table(rows).splitlines() == [
        "task       rmse",
        "depth       0.5",
        "semantic  12.25",
    ]


def test_table_of_nothing():
    assert table([]) == ""


def test_progress_is_silent_off_a_terminal():
    @click.command()
    def command() -> None:
        with progress(3, "work") as bar:
            bar.update(3)

    result = CliRunner().invoke(command)
    assert (result.exit_code, result.output) == (0, "")
