"""``python -m benchmarks.search_replay``: make score matrices, and replay searches on them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from painter_kit.errors import InputError, PainterKitError

F = TypeVar("F", bound=Callable[..., Any])

FIGURE = "search_replay.png"
SCORES = Path(__file__).parent / "scores"
MOST_BYTES = 20_000_000


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Compare search strategies in seconds, on score matrices instead of a model."""


def _size_options(function: F) -> F:
    for name, text in {
        "candidates": "Prompts.",
        "select": "Images that choose.",
        "test": "Images that check.",
        "batch": "Pictures painted at once.",
        "seed": "Orders pool and select, draws the panel.",
    }.items():
        function = click.option(f"--{name}", type=int, help=text)(function)
    return function


@cli.command()
@click.option("--task", "tasks", multiple=True, help="May be repeated.  [depth semantic ...]")
@click.option("--data", default="world", show_default=True, help="world or world-shifted.")
@click.option("--checkpoint", default="world-tiny", show_default=True)
@_size_options
@click.option("--threads", type=int, help="CPU threads.")
@click.option("--store", type=Path, help="Where measured cells are kept to resume from.")
@click.option("--out", type=Path, default=SCORES, help="Folder of the matrices.")
@click.option("--plan", is_flag=True, help="Print forwards and time, and do nothing else.")
def make(
    tasks: tuple[str, ...],
    data: str,
    checkpoint: str,
    threads: int | None,
    store: Path | None,
    out: Path,
    plan: bool,
    **sizes: int | None,
) -> None:
    """Measure every candidate on every image with a model; can be interrupted and goes on."""
    import torch

    from benchmarks.search_replay.make import TASKS, MakeSettings
    from painter_kit.evaluation.store import default_store_dir

    given = {name: value for name, value in sizes.items() if value is not None}
    settings = MakeSettings(data=data, checkpoint=checkpoint, **given)
    if threads:
        torch.set_num_threads(threads)
    for task in tasks or TASKS:
        _make_one(task, settings, default_store_dir(store), out, plan)
    if not plan:
        size = sum(path.stat().st_size for path in out.glob("*.npz"))
        click.echo(f"{out}: {size / 1e6:.2f} MB of at most {MOST_BYTES / 1e6:.0f}")


def _make_one(task: str, settings: Any, store: Path, out: Path, plan: bool) -> None:
    from tqdm import tqdm

    from benchmarks.search_replay.make import make_matrix, open_bench

    with open_bench(task, settings, store) as bench:
        known, pace = bench.known(), bench.seconds_per_forward()
        left = settings.forwards - known
        click.echo(
            f"{bench.name}: {settings.candidates} candidates x ({settings.select} select + "
            f"{settings.test} test) = {settings.forwards} forwards, {known} known, {left} left: "
            f"about {left * pace / 3600:.2f} h at {1 / pace:.1f} forwards/s",
            err=not plan,
        )
        if plan:
            return
        with tqdm(total=settings.forwards, desc=bench.name, disable=None) as bar:
            matrix = make_matrix(bench, settings, out, bar.update)
    click.echo(
        f"{matrix.name}: {matrix.select.shape} select, {matrix.test.shape} test, "
        f"{matrix.about['cpu_seconds']} s of CPU ({matrix.about['reused']} of "
        f"{matrix.about['forwards']} cells were known before), "
        f"prompt sd / residual sd {matrix.ratio:.3g}"
    )


@cli.command()
@click.option("--out", type=Path, required=True, help="Folder of tables, curves and figure.")
@click.option("--matrices", type=Path, help="Folder of measured matrices.  [those of make]")
@click.option("--seeds", type=click.IntRange(1), default=50, show_default=True)
@click.option("--replays", type=click.IntRange(0), default=400, show_default=True)
@click.option("--tpe/--no-tpe", default=True, help="Optuna takes most of the time.")
@click.option("--synthetic/--no-synthetic", default=True, help="Matrices that are drawn.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this strategy; may be repeated.")
@click.option("--processes", type=click.IntRange(1), default=1, show_default=True)
@click.option("--publish", is_flag=True, help="Put tables and figure in benchmarks/README.md.")
def run(
    out: Path,
    matrices: Path | None,
    seeds: int,
    replays: int,
    tpe: bool,
    synthetic: bool,
    only: tuple[str, ...],
    processes: int,
    publish: bool,
) -> None:
    """Replay all strategies: regret over seeds, certificates, costs.

    With --only, certificates and costs are told if halving+certify and halving are among them.
    """
    from benchmarks.search_replay.campaign import Campaign, run_campaign
    from benchmarks.search_replay.report import text_table
    from benchmarks.search_replay.synthetic import FAMILIES

    measured = _measured(matrices, synthetic)
    families = FAMILIES if synthetic else ()
    campaign = Campaign(families, measured, seeds, replays, tpe, only=only, processes=processes)
    for name, rows in run_campaign(campaign, out).items():
        click.echo(f"\n{name}\n{text_table(rows) if rows else '(none)'}")
    click.echo(f"\nwritten to {out}: report.md, *.csv, {FIGURE}")
    if publish:
        _publish(out)


def _measured(folder: Path | None, synthetic: bool) -> list[Any]:
    """The matrices in a folder, or those that ``make`` left. Raises ``InputError`` when there are
    none though they were asked for, and when nothing is left to replay."""
    from benchmarks.search_replay.matrices import Matrix

    paths = sorted((folder or SCORES).glob("*.npz"))
    none = (
        f"no score matrix in {folder or SCORES}; 'python -m benchmarks.search_replay make' "
        "measures some"
    )
    if not paths and (folder or not synthetic):
        raise InputError(f"--matrices: {none}")
    if not paths:
        click.echo(f"{none}: only drawn ones are replayed")
    return [Matrix.load(path) for path in paths]


def _publish(out: Path) -> None:
    from benchmarks.publish import publish
    from benchmarks.search_replay.report import page

    figure = out / FIGURE
    shown = {"regret against forwards": figure} if figure.is_file() else {}
    publish("search_replay", page(out), shown)


def main() -> None:
    """The command; errors of users are one line."""
    try:
        cli(prog_name="python -m benchmarks.search_replay")
    except PainterKitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
