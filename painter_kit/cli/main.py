"""The ``painterkit`` command: a table of verbs, and the one place where errors become words."""

from __future__ import annotations

import difflib
import errno
import importlib
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import click

from painter_kit import __version__
from painter_kit.cli.disk import disk_words
from painter_kit.cli.output import DEBUG, start_logging
from painter_kit.errors import PainterKitError
from painter_kit.plugins import add_plugin

# verb -> module that holds its click command as ``command``; imported when the verb is used.
VERBS: dict[str, str] = {
    "train": "painter_kit.cli.train",
    "search-prompt": "painter_kit.cli.search_prompt",
    "tune-prompt": "painter_kit.cli.tune_prompt",
    "predict": "painter_kit.cli.predict",
    "evaluate": "painter_kit.cli.evaluate",
    "benchmark": "painter_kit.cli.benchmark",
    "export": "painter_kit.cli.export",
    "prepare": "painter_kit.cli.prepare",
    "datasets": "painter_kit.cli.datasets",
    "world": "painter_kit.cli.world",
    "demo": "painter_kit.cli.demo",
    "tasks": "painter_kit.cli.tasks",
    "report": "painter_kit.cli.report",
    "compare": "painter_kit.cli.compare",
    "ui": "painter_kit.cli.ui",
}

INTERRUPTED = 130


class Failure(click.ClickException):
    """One line on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # pyright: ignore[reportAttributeAccessIssue]


def as_failure(error: BaseException) -> Failure:
    """What the user is told about ``error``: the line and the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return Failure("interrupted", INTERRUPTED)
    if isinstance(error, PainterKitError):
        return Failure(" ".join(str(error).split()), error.exit_code)
    if words := disk_words(error):
        return Failure(words, 1)
    reason = " ".join(str(error).split()) or "no reason given"
    name = type(error).__name__
    return Failure(f"{name}: {reason} (add --debug for the traceback)", 1)


class Verbs(click.Group):
    """A group whose commands are modules, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, or None when there is no such verb."""
        if cmd_name not in VERBS:
            return None
        return importlib.import_module(VERBS[cmd_name]).command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; an unknown one is answered with its nearest neighbours."""
        verb = args[0]
        if verb not in VERBS and not verb.startswith("-"):
            near = difflib.get_close_matches(verb, VERBS, n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"no such command {verb!r}; commands: {', '.join(VERBS)}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; whatever it raises becomes a ``Failure``."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # click ends quietly when the reader of a pipe has gone
            _fail(ctx, error)


def _fail(ctx: click.Context, error: BaseException) -> NoReturn:
    if ctx.meta.get(DEBUG):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    raise as_failure(error) from error


def _versions() -> str:
    """Installed versions that decide results, read without importing the packages."""
    from importlib.metadata import version

    names = ("torch", "torchvision", "timm", "optuna", "mlflow", "numpy")
    return ", ".join(f"{name} {version(name)}" for name in names)


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"painterkit {__version__} ({_versions()})")
        ctx.exit()


def _add_plugins(ctx: click.Context, _: click.Parameter, names: tuple[str, ...]) -> None:
    for name in names:
        try:
            add_plugin(name)
        except PainterKitError as error:
            _fail(ctx, error)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print versions and exit.",
)
@click.option(
    "--plugin",
    multiple=True,
    metavar="FILE.py|MODULE",
    expose_value=False,
    is_eager=True,
    callback=_add_plugins,
    help="Code with tasks and data of your own; also $PAINTERKIT_PLUGINS.",
)
def cli() -> None:
    """Search, tune, evaluate and compare visual prompts of a pretrained Painter.

    Results go to stdout, logs and progress to stderr. Exit codes: 0 success, 1 failure,
    2 bad usage or input, 130 interrupted.
    """
    start_logging()


main: Callable[[], None] = cli
