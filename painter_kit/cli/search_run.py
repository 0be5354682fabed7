"""A search from open data to the finished folder, which until then holds how it was begun."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.cli.folders import finished_folder
from painter_kit.cli.measured import Measured, report_data, report_prompts
from painter_kit.cli.notes import comparison, work_note
from painter_kit.cli.prompting import CONFIG_FILE, Bench
from painter_kit.cli.resume import RUN_FILE, Begun

if TYPE_CHECKING:
    from painter_kit.tracking import Run
    from prompt_search.result import SearchResult

VERB = "search-prompt"


def run_search(
    bench: Bench,
    out: Path,
    flags: Mapping[str, Any],
    work: Callable[[Bench, Run], SearchResult],
    measured: Callable[[SearchResult], Sequence[Measured]],
    begun: Begun,
) -> tuple[SearchResult, str | None]:
    """Do the ``work``, write and track what it found; the result and the run's id.

    ``begun`` is kept in ``out``, which must exist, from the start on, and its MLflow run is
    continued; the result takes the place of ``out`` as a whole. The prompts that were ``measured``
    on confirm get runs of their own.
    """
    from painter_kit.config import dump_config
    from painter_kit.files import write_text
    from painter_kit.tracking import start_tracking

    settings = bench.settings
    name = f"{settings.task} {settings.data}"
    tracking = start_tracking(flags["mlflow"])
    group = begun.group or f"{VERB} {name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    with tracking.run("search", f"search {name}", group, resume=begun.run_id) as run:
        replace(begun, group=group, run_id=run.run_id).save(out)
        run.params({**asdict(settings), "model_digest": bench.judge.model_digest})
        report_data(run, bench, ("pool", "select", "confirm"))
        result = replace(work(bench, run), folder=out)
        with finished_folder(out, VERB) as fresh:
            result.write(fresh)
            write_text(fresh / CONFIG_FILE, dump_config(settings))
            for path in sorted(fresh.iterdir()):
                run.artifact(path, path.name if path.is_dir() else "")
            shutil.copyfile(out / RUN_FILE, fresh / RUN_FILE)
        told = measured(result)
        table = comparison(told, result.spec, "confirm", len(bench.splits.confirm))
        run.note(work_note(f"search {name}", table, result.summary))
    bench.keep_queries([one.prompt for one in told])
    report_prompts(bench, tracking, group, told)
    return result, run.run_id
