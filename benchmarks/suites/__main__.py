"""Puts finished runs of ``painterkit benchmark`` into ``benchmarks/README.md``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.publish import PICTURES, README, publish
from benchmarks.suites.recalled import benchmark_runs
from painter_kit.documents import read_text
from painter_kit.errors import InputError, PainterKitError
from painter_kit.report.runs import RunFolder, as_written

_SHOWN = {"curves.png": "best of k and optimised prompts", "pictures.png": "what is painted"}


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--publish", "publishing", is_flag=True, help="Put them in benchmarks/README.md.")
def command(runs: tuple[Path, ...], publishing: bool) -> None:
    """Print the reports of RUNS, the --out of ``painterkit benchmark`` or folders of such, and put
    them with their pictures where the page has a section for their suite."""
    for path in runs:
        found = benchmark_runs(path)
        if not found:
            raise InputError(f"run {path}: holds no run of benchmark")
        for run in found:
            click.echo(read_text(run.path / "report.md"))
            if publishing:
                publish_run(run)


def publish_run(run: RunFolder, readme: Path = README, folder: Path = PICTURES) -> None:
    """Replace the section ``suite NAME`` of the page by the run's report and its pictures.

    Raises ``InputError`` when the page has no such section.
    """
    with as_written(run):
        name = str(run.result["suite"])
    page = read_text(run.path / "report.md")
    with TemporaryDirectory() as place:
        pictures: dict[str, Path] = {}
        for file, title in _SHOWN.items():
            copy = Path(place) / f"suite-{name}-{file}"
            shutil.copyfile(run.path / file, copy)
            pictures[f"{name}: {title}"] = copy
        publish(f"suite {name}", page, pictures, readme, folder)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        command(prog_name="python -m benchmarks.suites")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
