"""The command's start, its table of verbs, and errors as words and exit codes."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from painter_kit.cli import main as module
from painter_kit.cli.main import VERBS, as_failure, cli
from painter_kit.cli.options import options
from painter_kit.errors import InputError, PainterKitError

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "mlflow", "pandas", "scipy", "skimage", "timm", "optuna", "numpy")
Run = Callable[..., Result]


def python(code: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a verb that raises what it is told to."""

    def run(error: BaseException, *args: str) -> Result:
        @click.command()
        @options()
        def command() -> None:
            raise error

        monkeypatch.setitem(module.VERBS, "fail", "failing_verb")
        holder = type(sys)("failing_verb")
        holder.command = command  # pyright: ignore[reportAttributeAccessIssue]
        monkeypatch.setitem(sys.modules, "failing_verb", holder)
        return CliRunner().invoke(cli, ["fail", *args])

    return run


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("--data x: no such folder"), 2, "Error: --data x: no such folder"),
        (PainterKitError("loss is\n not finite"), 1, "Error: loss is not finite"),
        (KeyboardInterrupt(), 130, "Error: interrupted"),
        (
            OSError(28, "No space left on device", "x.png"),
            1,
            "Error: the disk is full (x.png); what was finished is whole: make room or choose "
            "another place, then run the command again (with --resume where --out has been begun)",
        ),
        (KeyError("k"), 1, "Error: KeyError: 'k' (add --debug for the traceback)"),
        (
            RuntimeError(),
            1,
            "Error: RuntimeError: no reason given (add --debug for the traceback)",
        ),
    ],
)
def test_errors_are_one_line_and_a_code(failing: Run, error: BaseException, code: int, line: str):
    result = failing(error)
    assert result.exit_code == code
    assert result.stderr == line + "\n"
    assert result.stdout == ""


def test_debug_shows_the_traceback(failing: Run):
    result = failing(InputError("bad"), "--debug")
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.endswith("Error: bad\n")


def test_failure_keeps_the_errors_own_code():
    assert as_failure(InputError("x")).exit_code == 2
    assert as_failure(PainterKitError("x")).exit_code == 1


def test_help_names_every_verb_and_imports_nothing_heavy():
    code = (
        "import json, sys; from click.testing import CliRunner; "
        "from painter_kit.cli.main import cli; r = CliRunner().invoke(cli, ['--help']); "
        f"print(json.dumps([r.output, [m for m in {HEAVY!r} if m in sys.modules]]))"
    )
    text, loaded = json.loads(python(code))
    assert loaded == []
    listed = text.partition("Commands:")[2]
    assert all(f"  {verb} " in listed for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # click warns of an option that is defined twice
        result = CliRunner().invoke(cli, [verb, "--help"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "--debug" in result.stdout


def test_unknown_verb_is_answered_with_neighbours():
    result = CliRunner().invoke(cli, ["task"])
    assert result.exit_code == 2
    assert "no such command 'task'" in result.stderr
    assert "Did you mean tasks" in result.stderr


def test_python_dash_m_is_the_command():
    run = subprocess.run(
        [sys.executable, "-m", "painter_kit", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("painterkit 0.1.0 (torch ")
