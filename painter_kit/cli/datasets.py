"""``painterkit datasets``: what data there are, and whether a dataset on disk is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli import completion
from painter_kit.cli.completion import complete
from painter_kit.cli.options import options
from painter_kit.cli.output import emit, say, table
from painter_kit.cli.prepare import existing_root, root_option
from painter_kit.errors import PainterKitError

if TYPE_CHECKING:
    from painter_kit.data.base import Dataset
    from painter_kit.data.prepare.base import Finding

_SHOWN = 20  # file names of each part
FOLDER = "folder"


@click.group(invoke_without_command=True)
@root_option
@options("json")
@click.pass_context
def command(ctx: click.Context, root: Path | None, as_json: bool) -> None:
    """List the data with their tasks, and whether their test pictures can be read.

    'painterkit datasets check NAME --root DIR' looks at a dataset file by file.
    """
    if ctx.invoked_subcommand is not None:
        ctx.obj = root, as_json
        return
    rows = [dataset_row(name, root) for name in _names()]
    if as_json:
        emit({"datasets": rows})
        return
    say(table([_cells(row) for row in rows]))
    say("\nfolder:DIR is for own pairs of pictures, DIR/images and DIR/targets.")


def _cells(row: dict[str, Any]) -> dict[str, object]:
    return {
        "data": row["data"],
        "tasks": ", ".join(row["tasks"]),
        "prepare": "yes" if row["prepare"] else "-",
        "readable": "yes" if row["readable"] else f"no: {row['why']}",
    }


def _names() -> list[str]:
    from painter_kit.data.base import dataset_names

    return [name for name in dataset_names() if name != FOLDER]


def dataset_row(name: str, root: Path | None) -> dict[str, Any]:
    """Name, tasks, whether it can be prepared, and whether the test pictures of all tasks can be
    read, or ``why`` not. Lists and headers of files are read, no picture."""
    from painter_kit.data.base import open_dataset
    from painter_kit.data.prepare.table import prepared_names

    tasks: tuple[str, ...] = ()
    problems: dict[str, str] = {}
    try:
        dataset = open_dataset(name, root)
        tasks = dataset.tasks
        for task in tasks:
            problems |= _problem(dataset, task)
    except PainterKitError as error:
        problems[""] = str(error)
    return {
        "data": name,
        "tasks": list(tasks),
        "prepare": name in prepared_names(),
        "readable": not problems,
        "why": reason(problems, len(tasks)),
    }


def _problem(dataset: Dataset, task: str) -> dict[str, str]:
    try:
        dataset.examples(task, dataset.sources["test"])
    except PainterKitError as error:
        return {task: str(error)}
    return {}


def reason(problems: dict[str, str], tasks: int) -> str:
    """What is wrong with the first task that cannot be read, and which tasks unless it is all."""
    if not problems:
        return ""
    first = next(iter(problems.values()))
    return first if len(problems) >= tasks else f"{', '.join(problems)}: {first}"


@command.command("check")
@click.argument("name", shell_complete=complete(completion.prepared))
@root_option
@click.option("--deep", is_flag=True, help="Open every file.")
@click.option("--all", "everything", is_flag=True, help=f"Every file, not the first {_SHOWN}.")
@options("json")
@click.pass_context
def check(
    ctx: click.Context, name: str, root: Path | None, deep: bool, everything: bool, as_json: bool
) -> None:
    """Say what of the dataset NAME is present, missing or broken, and compare with the counts
    that were published.

    Ends with exit code 0 when everything is there, else 1.
    """
    from painter_kit.data.prepare.table import get_preparation

    above, json_above = ctx.obj or (None, False)
    folder = existing_root(root or above)
    findings = get_preparation(name).check(folder, deep)
    whole = all(finding.whole for finding in findings)
    as_json = as_json or json_above
    say(report(findings, None if everything else _SHOWN), as_json)
    say(f"\n{name} is {'whole' if whole else 'not whole'}{'' if deep else _SHALLOW}", as_json)
    if as_json:
        rows = [{**asdict(f), "whole": f.whole} for f in findings]
        emit({"dataset": name, "root": folder, "deep": deep, "whole": whole, "findings": rows})
    if not whole:
        ctx.exit(1)


_SHALLOW = " (files were not opened; --deep does)"


def report(findings: Sequence[Finding], most: int | None) -> str:
    """A table of the parts, then up to ``most`` files of each that are missing or broken."""
    rows = [
        {
            "part": f.part,
            "present": str(f.present),
            "published": "-" if f.expected is None else str(f.expected),
            "missing": len(f.missing),
            "broken": len(f.broken),
            "": "" if f.whole else "!",
            "note": f.note,
        }
        for f in findings
    ]
    lines = [table(rows)]
    for f in findings:
        for what, files in (("missing", f.missing), ("broken", f.broken)):
            lines += [f"{what}: {file}" for file in files[:most]]
            if most is not None and len(files) > most:
                lines.append(f"{what}: and {len(files) - most} more of {f.part}; --all lists them")
    return "\n".join(lines)
