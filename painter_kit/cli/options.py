"""The options that verbs share, each defined once; a verb takes those that mean something to it."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.output import DEBUG, QUIET, set_level

F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S")
Decorator = Callable[[F], F]

_FOLDER = click.Path(file_okay=False, path_type=Path)


def _debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[DEBUG] = True


def _verbose(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        set_level(logging.DEBUG)


def _quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[QUIET] = True
        set_level(logging.ERROR)


def _state(*names: str, callback: Callable[..., None], text: str) -> Decorator[Any]:
    return click.option(
        *names, is_flag=True, expose_value=False, is_eager=True, callback=callback, help=text
    )


# Parameters have the value None (or an empty tuple, or False) when they are not given, so that
# a verb's settings can tell an option from a default.
OPTIONS: dict[str, Decorator[Any]] = {
    "task": click.option(
        "--task",
        metavar="NAME",
        shell_complete=complete(completion.tasks),
        help="Task; 'painterkit tasks' lists them.",
    ),
    "data": click.option(
        "--data",
        metavar="NAME",
        shell_complete=complete(completion.data),
        help="Data: world, world-shifted, builtin, folder:DIR, ...",
    ),
    "data_root": click.option(
        "--data-root",
        type=_FOLDER,
        envvar="PAINTERKIT_DATA",
        show_envvar=True,
        help="Folder that holds the data sets.",
    ),
    "checkpoint": click.option(
        "--checkpoint",
        metavar="PATH|NAME",
        shell_complete=complete(completion.weights, "file"),
        help="Weights: a file, or a name such as world-tiny.",
    ),
    "device": click.option(
        "--device",
        metavar="auto|cpu|cuda[:N]",
        shell_complete=complete(lambda: completion.DEVICES),
        help="Where to compute.",
    ),
    "precision": click.option(
        "--precision", type=click.Choice(["fp32", "bf16"]), help="Numbers to compute with."
    ),
    "segment_type": click.option(
        "--segment-type",
        type=click.Choice(["auto", "semantic", "instance"]),
        help="SegGPT's type token [auto: the task's].",
    ),
    "threads": click.option("--threads", type=click.IntRange(min=1), help="CPU threads."),
    "seed": click.option(
        "--seed", type=click.IntRange(min=0, max=2**32 - 1), help="Seed of every draw."
    ),
    "out": click.option("--out", type=_FOLDER, help="Output folder [runs/VERB-N]."),
    "store": click.option(
        "--store", type=_FOLDER, help="Folder of cached results [$PAINTERKIT_HOME, .painterkit]."
    ),
    "resume": click.option("--resume", is_flag=True, help="Continue what --out holds."),
    "overwrite": click.option("--overwrite", is_flag=True, help="Replace what --out holds."),
    "plan": click.option("--plan", is_flag=True, help="Print plan and cost, then stop."),
    "devices": click.option(
        "--devices", type=click.IntRange(1), metavar="N", help="With --plan: so many."
    ),
    "throughput": click.option(
        "--throughput",
        type=click.FloatRange(0, min_open=True),
        metavar="X",
        help="With --plan: forwards per second of a device, instead of measuring this machine.",
    ),
    "json": click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    "config": click.option(
        "--config",
        metavar="FILE|RECIPE",
        shell_complete=complete(completion.recipes, "file"),
        help="Settings as YAML, or the name of a recipe.",
    ),
    "set": click.option(
        "--set", "sets", multiple=True, metavar="KEY=VALUE", help="Change one setting (a.b=c)."
    ),
    "print_config": click.option(
        "--print-config", is_flag=True, help="Print the settings in force, then stop."
    ),
    "mlflow": click.option(
        "--mlflow/--no-mlflow", "mlflow", default=True, help="Log to MLflow [yes]."
    ),
    "verbose": _state("-v", "--verbose", callback=_verbose, text="Print more."),
    "quiet": _state("-q", "--quiet", callback=_quiet, text="Print errors and results only."),
    "debug": _state("--debug", callback=_debug, text="Show the traceback of an error."),
}


ALWAYS = ("verbose", "quiet", "debug")


def options(*names: str) -> Decorator[Any]:
    """Give a verb the shared options called ``names``, in this order; -v, -q, --debug always.

    Several of these decorators on one verb add up.
    """

    def decorate(function: F) -> F:
        present = {p.name for p in getattr(function, "__click_params__", ())}
        always = [name for name in ALWAYS if name not in present]
        for name in reversed((*names, *always)):
            function = OPTIONS[name](function)
        return function

    return decorate


def resolve(cls: type[S], flags: Mapping[str, Any]) -> S:
    """The verb's settings: defaults, then --config, then --set, then the options given.

    ``cls`` is a dataclass; ``flags`` are the verb's parameters, of which those named like a
    field count when they are not None. With --print-config the settings are printed and the
    program ends. Raises ``InputError`` for unknown keys and values of the wrong type.
    """
    from painter_kit.config import dump_config, load_config

    settings = load_config(cls, flags.get("config"), flags.get("sets", ()))
    names = {field.name for field in dataclasses.fields(settings)}  # pyright: ignore
    given = {k: v for k, v in flags.items() if k in names and v is not None}
    settings = dataclasses.replace(settings, **given)  # pyright: ignore
    if flags.get("print_config"):
        click.echo(dump_config(settings), nl=False)
        click.get_current_context().exit()
    return settings
