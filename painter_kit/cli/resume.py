"""What a search leaves in its folder from the start, so that ``--resume`` can go on with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from painter_kit.errors import InputError

S = TypeVar("S")

RUN_FILE = "run.yaml"


@dataclass(frozen=True)
class Begun:
    """How a search was begun: its settings, where it looks, and what was found out by then.

    ``store``, ``data_root``, ``device`` and ``mlflow`` are options that are no settings;
    ``forwards`` is the budget in force, ``throughput`` in forwards per second; ``group`` and
    ``run_id`` are those of its MLflow run.
    """

    settings: dict[str, Any]
    store: Path | None = None
    data_root: Path | None = None
    device: str | None = None
    mlflow: bool = True
    forwards: int | None = None
    throughput: float | None = None
    group: str = ""
    run_id: str | None = None

    def save(self, folder: Path) -> None:
        """Write it into ``folder``."""
        from painter_kit.config import dump_config
        from painter_kit.files import write_text

        write_text(folder / RUN_FILE, dump_config(self))

    @classmethod
    def load(cls, folder: Path) -> Begun:
        """What ``save`` wrote. Raises ``InputError`` when there is nothing to go on with."""
        from painter_kit.config import load_config

        if not (folder / RUN_FILE).is_file():
            raise InputError(f"--resume: {folder} holds no {RUN_FILE}; start anew in another --out")
        return load_config(cls, folder / RUN_FILE)

    def built(self, cls: type[S]) -> S:
        """The settings as the verb's own dataclass."""
        from painter_kit.schema import Builder

        return Builder(lambda key: RUN_FILE).build(cls, self.settings)

    def flags(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The verb's parameters, with what was given at the beginning where it is not now."""
        where = {name: getattr(self, name) for name in ("store", "data_root", "device")}
        known = {name: given[name] or value for name, value in where.items()}
        return {**given, **known, "mlflow": given["mlflow"] and self.mlflow}


def continued(cls: type[S], out: Path, flags: Mapping[str, Any]) -> tuple[S, Begun]:
    """Settings and beginning of the search in ``out``, extended when ``--budget +N`` is given.

    Raises ``InputError`` for options that contradict what it was begun with.
    """
    from painter_kit.config import dump_config
    from prompt_search.budget import parse_budget

    begun = Begun.load(out)
    if flags["config"] is not None:
        raise InputError(f"--resume takes its settings from {out / RUN_FILE}; leave --config out")
    settings, asked = begun.built(cls), _given(cls, flags)
    wish = parse_budget(asked.get("budget"))
    if wish.more:
        budget = _spent(out, begun) + (wish.forwards or 0)
        settings = replace(settings, budget=budget)  # pyright: ignore[reportArgumentType]
        # A run of its own: MLflow does not let a run's params change.
        begun = replace(begun, settings=asdict(settings), forwards=budget, run_id=None)  # pyright: ignore
        del asked["budget"]
    other = {k: v for k, v in asked.items() if v != getattr(settings, k)}
    if other:
        was = ", ".join(f"{name}={getattr(settings, name)}" for name in other)
        now = ", ".join(f"{name}={value}" for name, value in other.items())
        raise InputError(
            f"--resume: the search in {out} was begun with {was}, not {now}; leave that out, or "
            "start anew in another --out"
        )
    if flags["print_config"]:
        click.echo(dump_config(settings), nl=False)
        click.get_current_context().exit()
    return settings, begun


def _given(cls: type[Any], flags: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the command line names, by --set or by options of their own."""
    from painter_kit.config import load_config

    names = {field.name for field in fields(cls)}
    keys = {item: item.partition("=")[0].strip() for item in flags["sets"]}
    found = {key: getattr(load_config(cls, None, [item]), key) for item, key in keys.items()}
    return {**found, **{k: v for k, v in flags.items() if k in names and v is not None}}


def _spent(out: Path, begun: Begun) -> int:
    """The forwards that the search in ``out`` asked for, or else was to ask for at most."""
    from painter_kit.cli.prompting import RESULT_FILE

    if (out / RESULT_FILE).is_file():
        forwards = json.loads((out / RESULT_FILE).read_text(encoding="utf-8"))["forwards"]
        return forwards["new"] + forwards["reused"]
    if begun.forwards is None:
        raise InputError(
            f"--budget +N: the search in {out} has neither ended nor a budget of its own; "
            "--resume it without --budget first"
        )
    return begun.forwards
