"""What a shell may put behind an option whose value is free text; found without torch or mlflow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Literal, TypeAlias

import click
from click.shell_completion import CompletionItem

from painter_kit.errors import PainterKitError

Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

# As prompt_search/strategies.py and prompt_tuning/starts.py have them, which need torch.
STRATEGIES = ("random", "exhaustive", "halving", "halving+certify", "released", "panel")
STARTS = ("search", "random", "mean", "grey")
ALTERNATIVES = ("ensemble", "retrieval", "per-class")
PROMPTS = ("random", "released")
DEVICES = ("auto", "cpu", "cuda")


def complete(
    known: Callable[[], Iterable[str]], paths: Literal["", "file", "dir"] = ""
) -> Completer:
    """Offers the ``known`` names that begin as what was typed, and files or folders beside them.

    Of values with commas the last one is completed. Names that cannot be found (a broken plugin)
    are no reason to disturb who is typing.
    """

    def offer(
        context: click.Context, parameter: click.Parameter, typed: str
    ) -> list[CompletionItem]:
        before, comma, last = typed.rpartition(",")
        try:
            names = [name for name in known() if name.startswith(last)]
        except PainterKitError:
            names = []
        items = [CompletionItem(f"{before}{comma}{name}") for name in names]
        # Shells add files by themselves where this kind of item says so.
        return items + ([CompletionItem(typed, type=paths)] if paths and not items else [])

    return offer


def tasks() -> list[str]:
    """Every task, those of plugins too."""
    from painter_kit.tasks.base import task_names

    return task_names()


def data() -> list[str]:
    """What ``--data`` takes; of folders the beginning."""
    from painter_kit.data.base import dataset_names

    return ["folder:" if name == "folder" else name for name in dataset_names()]


def weights() -> list[str]:
    """Names of the checkpoints that ship with the package."""
    folder = files("painter_kit") / "weights"
    return sorted(p.name.partition(".")[0] for p in folder.iterdir() if "safetensors" in p.name)


def recipes() -> list[str]:
    """Names of the recipes that ship with the package."""
    from painter_kit.config import recipe_names

    return recipe_names()


def suites() -> list[str]:
    """Names of the suites that ship with the package."""
    from benchmarks.suites.base import suite_names

    return suite_names()


def prepared() -> list[str]:
    """Datasets that can be prepared and checked."""
    from painter_kit.data.prepare.table import prepared_names

    return prepared_names()


def layouts() -> list[str]:
    """Datasets whose layout the world can be written in."""
    from painter_kit.data.layouts.table import OFFICIAL

    return list(OFFICIAL)
