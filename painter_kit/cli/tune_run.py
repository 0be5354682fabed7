"""A tuning from open data to the finished folder, which keeps what --resume continues from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.cli.folders import locked_folder
from painter_kit.cli.measured import Measured, report_data, report_prompts
from painter_kit.cli.notes import comparison, work_note
from painter_kit.cli.prompting import CONFIG_FILE, Bench, PromptSettings, Source, open_bench

if TYPE_CHECKING:
    from painter_kit.tracking import Run, Tracking
    from prompt_tuning.result import TuneResult

VERB = "tune-prompt"
RUN_FILE = ".run"  # the MLflow run and group that a resumed tuning continues


def run_tuning(
    settings: PromptSettings,
    source: Source,
    out: Path,
    flags: Mapping[str, Any],
    work: Callable[[Bench, Run, Path], TuneResult],
    measured: Callable[[Bench, TuneResult], Sequence[Measured]],
) -> tuple[TuneResult, str | None]:
    """Do the ``work``, which keeps its states in ``out``, write and track what it found.

    Returns the result and the run's id. The prompts that were ``measured`` on confirm get runs of
    their own. Interrupted, ``out`` stays and can be continued.
    """
    from painter_kit.config import dump_config
    from painter_kit.files import write_text
    from painter_kit.tracking import start_tracking

    config = out / CONFIG_FILE
    with open_bench(settings, source, flags) as bench:
        tracking = start_tracking(flags["mlflow"])
        with locked_folder(out, VERB, flags["overwrite"]):
            if not config.is_file():  # what --resume takes its settings from
                write_text(config, dump_config(settings))
            with _tracked(tracking, out, f"{settings.task} {settings.data}") as (run, group):
                run.params({**asdict(settings), "model_digest": bench.judge.model_digest})
                report_data(run, bench, ("pool", "select", "confirm"))
                result = replace(work(bench, run, out), folder=out)
                result.write(out)
                write_text(config, dump_config(settings))
                for path in sorted(p for p in out.iterdir() if not p.name.startswith(".")):
                    run.artifact(path, path.name if path.is_dir() else "")
                told = measured(bench, result)
                table = comparison(told, result.spec, "confirm", len(bench.splits.confirm))
                title = f"tune {settings.task} {settings.data}"
                run.note(work_note(title, table, result.summary))
            bench.keep_queries([one.prompt for one in told])
            report_prompts(bench, tracking, group, told)
    return result, run.run_id


@contextmanager
def _tracked(tracking: Tracking, out: Path, name: str) -> Iterator[tuple[Run, str]]:
    """The run and its group, noted in ``out`` so that they are continued."""
    from painter_kit.files import write_text

    note = out / RUN_FILE
    group = f"{VERB} {name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    known, old = None, ""
    if note.is_file():
        known, _, old = note.read_text(encoding="utf-8").strip().partition("\n")
    with tracking.run("tune", f"tune {name}", old or group, resume=known) as run:
        if run.run_id:
            write_text(note, f"{run.run_id}\n{old or group}\n")
        yield run, old or group
