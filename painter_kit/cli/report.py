"""``painterkit report``: what runs left, as one page for people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from painter_kit.cli.folders import choose_out, finished_folder
from painter_kit.cli.options import options
from painter_kit.cli.output import emit, say
from painter_kit.errors import PainterKitError
from painter_kit.files import write_text

if TYPE_CHECKING:
    from painter_kit.report.build import Report
    from painter_kit.report.illustrated import Amounts
    from painter_kit.report.runs import RunFolder
    from painter_kit.report.source import Access

log = logging.getLogger(__name__)

PAGE, MARKDOWN = "report.html", "report.md"


@click.command()
@click.argument("runs", nargs=-1, metavar="RUN...", type=click.Path(path_type=Path))
@click.option(
    "--log",
    "later",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Log this run's complete artefacts to MLflow now; may be given again.",
)
@click.option("--repaint", is_flag=True, help="Paint missing pictures with the run's weights.")
@click.option(
    "--queries", type=click.IntRange(0), default=4, show_default=True, help="Queries to show."
)
@click.option(
    "--worst", type=click.IntRange(0), default=4, show_default=True, help="Worst queries to show."
)
@click.option(
    "--prompts",
    type=click.IntRange(0),
    default=6,
    show_default=True,
    help="Best and worst candidates to show, each.",
)
@options("checkpoint", "device", "threads", "store", "data_root", "out", "overwrite", "plan")
@options("json", "mlflow")
def command(**flags: Any) -> None:
    """Make one page (HTML and Markdown) of the output folders of runs.

    RUN is the --out of search-prompt, tune-prompt, evaluate or demo; several make one page. All is
    taken from these folders, the data and the store; the page needs no network and no other file.
    It is added to the MLflow runs that the folders name. --log DIR creates the MLflow run of a
    folder whose tracking server was away, with everything in it; it takes folders of train, too.

    Example: painterkit report runs/search-prompt-1 --out runs/report
    """
    from painter_kit.report.runs import is_training, open_run

    if not flags["runs"] and not flags["later"]:
        raise click.UsageError("give at least one RUN, or --log DIR")
    if flags["later"] and not flags["mlflow"]:
        raise click.UsageError("--log needs MLflow; leave --no-mlflow out")
    trainings = [path for path in flags["later"] if is_training(path)]
    late = [path for path in flags["later"] if path not in trainings]
    paths = [*flags["runs"], *(path for path in late if path not in flags["runs"])]
    opened = [open_run(path) for path in paths]
    trained = _log_trainings(trainings, flags)
    if not opened:
        if flags["as_json"]:
            emit({"runs": trained})
        return
    later = [run for run in opened if run.path in flags["later"]]
    out = choose_out(flags["out"], "report", overwrite=flags["overwrite"])
    access, amounts = _access(flags), _amounts(flags)
    forwards = _forwards(opened, access, amounts)
    say(_plan(opened, forwards, out), as_json=not flags["plan"] or flags["as_json"])
    if flags["plan"]:
        if flags["as_json"]:
            emit({"runs": [str(path) for path in (*paths, *trainings)], "forwards": forwards})
        return
    report = _write(opened, access, amounts, out)
    logged = _track(opened, later, access, out, flags)
    _tell(report, out, flags["as_json"])
    if flags["as_json"]:
        found = _result(opened, report, out, logged)
        emit({**found, "runs": [*found["runs"], *trained]})


def _log_trainings(folders: Sequence[Path], flags: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the MLflow runs of trainings, which have no page; what came of each."""
    from painter_kit.cli.late_train import log_training
    from painter_kit.report.runs import TRAIN
    from painter_kit.tracking import start_tracking

    logged: list[dict[str, Any]] = []
    for folder in folders:
        say(f"log the training {folder} to MLflow", as_json=not flags["plan"] or flags["as_json"])
        run_ids = [] if flags["plan"] else [log_training(start_tracking(), folder)]
        logged.append({"folder": str(folder), "verb": TRAIN, "run_ids": run_ids})
    return logged


def _access(flags: dict[str, Any]) -> Access:
    from painter_kit.cli.runtime import use_device
    from painter_kit.report.source import Access

    device = "cpu"
    if flags["repaint"]:
        device = use_device(flags["device"] or "auto", threads=flags["threads"])
    return Access(flags["store"], flags["data_root"], flags["checkpoint"], device, flags["repaint"])


def _amounts(flags: dict[str, Any]) -> Amounts:
    from painter_kit.report.illustrated import Amounts

    return Amounts(flags["queries"], flags["worst"], flags["prompts"])


def _forwards(runs: Sequence[RunFolder], access: Access, amounts: Amounts) -> int:
    """The most pictures to paint, if nothing is kept."""
    from painter_kit.report.build import most_forwards

    return sum(most_forwards(run, amounts) for run in runs) if access.repaint else 0


def _plan(runs: Sequence[RunFolder], forwards: int, out: Path) -> str:
    from painter_kit.report.build import name_of

    lines = [f"report of {len(runs)} runs to {out}"]
    lines += [f"  {run.path}: {name_of(run)}" for run in runs]
    less = ", less what is kept" if forwards else "; nothing is painted without --repaint"
    return "\n".join([*lines, f"plan: at most {forwards} forwards{less}"])


def _write(runs: Sequence[RunFolder], access: Access, amounts: Amounts, out: Path) -> Report:
    """Build the report and write both forms of it."""
    from painter_kit.report.build import build_report
    from painter_kit.report.html import html_page
    from painter_kit.report.markdown import markdown_page

    report = build_report(runs, access, amounts)
    with finished_folder(out, "report") as fresh:
        write_text(fresh / PAGE, html_page(report.document))
        page = markdown_page(report.document)
        write_text(fresh / MARKDOWN, page.text)
        for name, data in page.files.items():
            (fresh / name).parent.mkdir(exist_ok=True)
            (fresh / name).write_bytes(data)
    return report


def _track(
    runs: Sequence[RunFolder],
    later: Sequence[RunFolder],
    access: Access,
    out: Path,
    flags: dict[str, Any],
) -> dict[str, list[str]]:
    """Add the page to the runs in MLflow, after making those that are to be logged now."""
    from painter_kit.cli.report_log import LateLog, add_page
    from painter_kit.report.runs import as_written
    from painter_kit.tracking import start_tracking

    wanted = [run for run in runs if run.run_ids or run in later]
    if not flags["mlflow"] or not wanted:
        return {}
    logged: dict[str, list[str]] = {}
    try:
        tracking = start_tracking()
    except PainterKitError as error:
        if later:
            raise
        log.warning("the page was not added to any run: %s", error)
        return {}
    late = LateLog(tracking, access)
    for run in wanted:
        with as_written(run):
            ids = late.log(run) if run in later else run.run_ids
        logged[str(run.path)] = add_page(tracking, ids, out / PAGE)
        if not logged[str(run.path)]:
            log.warning("%s: MLflow has no such run here; --log %s makes it", run.path, run.path)
    return logged


def _tell(report: Report, out: Path, as_json: bool) -> None:
    for folder, texts in report.missing.items():
        for text in texts:
            log.warning("%s: %s", folder, text)
    counts = report.counts
    say(
        f"{out / PAGE}\n  pictures painted: {counts.kept} kept, {counts.repainted} painted again, "
        f"{counts.missing} missing\n  as Markdown: {out / MARKDOWN}",
        as_json,
    )


def _result(
    runs: Sequence[RunFolder], report: Report, out: Path, logged: dict[str, list[str]]
) -> dict[str, Any]:
    counts = report.counts
    return {
        "report": str(out / PAGE),
        "markdown": str(out / MARKDOWN),
        "runs": [
            {
                "folder": str(run.path),
                "verb": run.verb,
                "missing": _missing(report, run),
                "run_ids": logged.get(str(run.path), []),
            }
            for run in runs
        ],
        "painted": {
            "kept": counts.kept,
            "repainted": counts.repainted,
            "missing": counts.missing,
        },
    }


def _missing(report: Report, run: RunFolder) -> list[str]:
    """What could not be shown of a run, or of the search and the tuning within it."""
    folders = {folder: Path(folder) for folder in report.missing}
    return [
        text if path == run.path else f"{path.relative_to(run.path)}: {text}"
        for folder, path in folders.items()
        if path.is_relative_to(run.path)
        for text in report.missing[folder]
    ]
