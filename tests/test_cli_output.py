"""What is printed, and where: by the functions, and by every verb."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from painter_kit.cli.main import VERBS, cli
from painter_kit.cli.output import emit, plain, progress, say, table
from tests.report_toys import Made, made  # noqa: F401
from tests.test_cli_search_prompt import SMALL


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


class Terminal(io.StringIO):
    """Where a progress bar thinks that somebody is looking."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("quiet", [False, True])
def test_progress_on_a_terminal_has_rate_and_remaining_time(
    quiet: bool, monkeypatch: pytest.MonkeyPatch
):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with click.Context(click.Command("work")) as context:
        context.meta["painterkit.quiet"] = quiet
        with progress(4, "work") as bar:
            bar.update(4)
    assert ("work: 100%" in screen.getvalue()) != quiet
    assert ("it/s]" in screen.getvalue()) != quiet


def every_command(command: click.Command, *names: str) -> Iterator[tuple[str, click.Command]]:
    """The verbs, with those below them."""
    if names:
        yield " ".join(names), command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below is not None
            yield from every_command(below, *names, name)


COMMANDS = dict(every_command(cli))


def test_every_verb_prints_json_when_asked():
    lacking = {n for n, c in COMMANDS.items() if not any(p.name == "as_json" for p in c.params)}
    assert lacking == set()
    assert set(VERBS) < set(COMMANDS)


def call(name: str, made: Made) -> Result:  # noqa: F811
    """A verb in small, with --json, in the working folder, which has LOL's layout in ``data``."""
    prompt, picture = f"{made.folder}/search/prompt", f"{made.folder}/pairs/images/p00.png"
    weights = ["--checkpoint", f"{made.folder}/tiny.safetensors"]
    runs = {
        "search-prompt": lambda: made.call("search-prompt", *SMALL, "--plan", "--json"),
        "tune-prompt": lambda: made.call("tune-prompt", "--init", "random", "--plan", "--json"),
        "evaluate": lambda: made.call("evaluate", "--count", "2", "--no-mlflow", "--json"),
        "compare": lambda: made.tell("compare", *(f"{made.folder}/{n}" for n in ("one", "other")),
                                     "--json"),
        "report": lambda: made.tell("report", f"{made.folder}/one", "--no-mlflow", "--json"),
    }  # fmt: skip
    args = {
        "train": ["--recipe", "world-tiny", "--plan"],
        "benchmark": ["--list"],
        "demo": ["--plan"],
        "predict": [picture, "--prompt", prompt, *weights],
        "export": [prompt, "--to", "folder", *weights],
        "prepare": ["lol", "--root", "data"],
        "datasets check": ["lol", "--root", "data"],
        "world": ["--count", "1", "--size", "32x32", "--out", "pairs"],
    }
    if name in runs:
        return runs[name]()
    return CliRunner().invoke(cli, [*name.split(), *args.get(name, []), "--json"])


# The verb ui prints when its server is up: tests/test_cli_ui.py.
@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"ui"}))
def test_a_verb_off_a_terminal_leaves_one_object_and_plain_lines(
    name: str,
    made: Made,  # noqa: F811
    mlflow_here: Path,
):
    layout = ["world", "--as", "lol", "--count", "1", "--size", "32x32", "--out", "data"]
    CliRunner().invoke(cli, layout)
    result = call(name, made)
    assert result.exit_code == (1 if name == "datasets check" else 0), result.output
    assert isinstance(json.loads(result.stdout), dict)
    assert result.stdout.count("\n") == 1
    assert not {"\r", "\x1b", "\b"} & set(result.stderr)
    assert "%|" not in result.stderr
