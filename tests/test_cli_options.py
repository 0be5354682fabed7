"""Shared options: what verbs receive, and how settings are put together."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from painter_kit.cli.options import OPTIONS, options, resolve
from painter_kit.cli.output import set_level, start_logging


@dataclass(frozen=True)
class Settings:
    task: str = "depth"
    seed: int = 0
    budget: int = 64


def run(
    names: tuple[str, ...], *args: str, **env: str
) -> tuple[dict[str, Any], click.testing.Result]:
    seen: dict[str, Any] = {}

    @click.command()
    @options(*names)
    def command(**flags: Any) -> None:
        seen.update(flags)

    return seen, CliRunner().invoke(command, list(args), env=env)


def test_options_not_given_are_empty():
    seen, result = run(tuple(n for n in OPTIONS if n not in ("verbose", "quiet", "debug")))
    assert result.exit_code == 0
    assert {k: v for k, v in seen.items() if v} == {"mlflow": True}
    assert {"task", "data", "data_root", "seed", "out", "store", "as_json", "sets"} <= set(seen)


@pytest.mark.parametrize(
    ("name", "args", "key", "value"),
    [
        ("seed", ["--seed", "3"], "seed", 3),
        ("data_root", ["--data-root", "d"], "data_root", Path("d")),
        ("set", ["--set", "a=1", "--set", "b=2"], "sets", ("a=1", "b=2")),
        ("json", ["--json"], "as_json", True),
        ("mlflow", ["--no-mlflow"], "mlflow", False),
    ],
)
def test_values(name: str, args: list[str], key: str, value: Any):
    seen, result = run((name,), *args)
    assert result.exit_code == 0
    assert seen == {key: value}


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("seed", ["--seed", "-1"]),
        ("threads", ["--threads", "0"]),
        ("precision", ["--precision", "fp8"]),
        ("task", ["--taks", "depth"]),
    ],
)
def test_bad_usage_is_code_2(name: str, args: list[str]):
    _, result = run((name,), *args)
    assert result.exit_code == 2
    assert "Error:" in result.stderr


def test_data_root_from_the_environment():
    seen, _ = run(("data_root",), PAINTERKIT_DATA="elsewhere")
    assert seen == {"data_root": Path("elsewhere")}


def settings_from(*args: str) -> tuple[list[Settings], click.testing.Result]:
    made: list[Settings] = []

    @click.command()
    @options("task", "seed", "config", "set", "print_config")
    def command(**flags: Any) -> None:
        made.append(resolve(Settings, flags))

    return made, CliRunner().invoke(command, list(args))


def test_options_beat_changes_beat_the_file(tmp_path: Path):
    file = tmp_path / "s.yaml"
    file.write_text("task: semantic\nseed: 1\nbudget: 2\n")
    made, _ = settings_from("--config", str(file), "--set", "seed=5", "--seed", "9")
    assert made == [Settings("semantic", 9, 2)]


def test_print_config_prints_and_stops():
    made, result = settings_from("--seed", "4", "--print-config")
    assert (made, result.exit_code) == ([], 0)
    assert result.stdout == "task: depth\nseed: 4\nbudget: 64\n"


@pytest.mark.parametrize(
    ("args", "shown"),
    [((), ["info"]), (("-q",), []), (("-v",), ["debug", "info"])],
)
def test_verbosity(args: tuple[str, ...], shown: list[str]):
    @click.command()
    @options()
    def command() -> None:
        logger = logging.getLogger("painter_kit.x")
        logger.debug("debug")
        logger.info("info")

    start_logging()
    result = CliRunner().invoke(command, args)
    set_level(logging.INFO)
    assert result.stderr.split() == shown
