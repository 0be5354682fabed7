"""Runs whose tracking server was away, put into MLflow afterwards from what their folders hold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.errors import PainterKitError
from painter_kit.files import write_text
from painter_kit.report.runs import DEMO, EVALUATE, LOGGED, SEARCH, TUNE, RunFolder, read_object

if TYPE_CHECKING:
    from painter_kit.cli.late_prompt import Late
    from painter_kit.report.source import Access
    from painter_kit.tracking import Tracking

PAGE_FOLDER = "report"
_FOLDERS = {SEARCH: "prompt", TUNE: "learned"}  # of the prompt that the numbers are of


def add_page(tracking: Tracking, run_ids: Sequence[str], page: Path) -> list[str]:
    """Keep the page with those of the runs that the MLflow store has; their ids."""
    found = [run_id for run_id in run_ids if has_run(tracking, run_id)]
    for run_id in found:
        tracking.open_run(run_id).artifact(page, PAGE_FOLDER)
    return found


def has_run(tracking: Tracking, run_id: str) -> bool:
    """Whether the store has this run in the experiment."""
    client: Any = tracking.client
    wanted = f"attributes.run_id = '{run_id}'"
    return bool(client.search_runs([tracking.experiment_id], wanted, max_results=1))


class LateLog:
    """Logs finished runs; ``access`` says where their pictures and Records are.

    What was logged is noted in the folder by name, so that logging again continues these runs
    instead of making others.
    """

    def __init__(self, tracking: Tracking, access: Access) -> None:
        self._tracking, self._access = tracking, access

    def log(self, run: RunFolder) -> list[str]:
        """All runs that the verb would have made; their ids.

        Raises ``PainterKitError`` when the store did not take everything.
        """
        noted = read_object(run.path / LOGGED, {})
        group = str(noted.get("group") or run.note.get("group") or _group(run))
        known: dict[str, str] = dict(noted.get("runs", {}))
        if not known and run.verb != EVALUATE and run.run_ids:
            known = {run.verb: run.run_ids[0]}  # begun, and broken off by the server
        made = dict(known)
        for name, run_id in self._of(run, group, known):
            made[name] = run_id
            ids = {"group": group, "runs": made, "run_ids": list(made.values())}
            write_text(run.path / LOGGED, json.dumps(ids, indent=1) + "\n")
        if self._tracking.failed:
            raise self._incomplete(run.path)
        return list(made.values())

    def _incomplete(self, folder: Path) -> PainterKitError:
        return PainterKitError(
            f"MLflow at {self._tracking.uri} did not take all of {folder}; "
            f"painterkit report --log {folder} goes on with the same runs"
        )

    def _of(
        self, run: RunFolder, group: str, known: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        from painter_kit.report.about_demo import demo_runs

        if run.verb == DEMO:
            for own in demo_runs(run):
                prefix = f"{own.path.parent.name}/"
                inner = {k.removeprefix(prefix): v for k, v in known.items()}
                yield from ((f"{prefix}{k}", v) for k, v in self._of(own, group, inner))
            return
        if run.verb != EVALUATE:
            yield run.verb, self._work(run, group, known.get(run.verb))
        for row in run.rows:
            for one in self._prompts(run, row):
                run_id = self._prompt(one, group, known.get(one.name))
                if run_id is None:
                    raise self._incomplete(run.path)
                yield one.name, run_id

    def _work(self, run: RunFolder, group: str, resume: str | None) -> str:
        """The run of a search or a tuning: settings, series, last numbers and every file."""
        from painter_kit.report.series import final_metrics, series

        row = run.rows[0]
        kind = "search" if run.verb == SEARCH else "tune"
        name = f"{kind} {row['task']} {row['data']}"
        noted = read_object(run.path / _FOLDERS[run.verb] / "prompt.json", {}).get("scores", {})
        confirm = {"value": row["winner"]["confirm"], **(noted.get("confirm") or {})}
        with self._tracking.run(kind, name, group, resume=resume) as made:
            made.params({**run.settings, "model_digest": row["model_digest"]})
            for values, step in series(run):
                made.metrics(values, step)
            made.metrics(final_metrics(run, row, confirm))
            for path in sorted(p for p in run.path.iterdir() if not p.name.startswith(".")):
                made.artifact(path, path.name if path.is_dir() else "")
        if made.run_id is None:
            raise self._incomplete(run.path)
        return made.run_id

    def _prompts(self, run: RunFolder, row: Mapping[str, Any]) -> list[Late]:
        """The evaluated prompts of one result, with their Records and pictures if there are any."""
        from painter_kit.cli.late_prompt import late_prompts
        from painter_kit.errors import InputError
        from painter_kit.evaluation.store import Store
        from painter_kit.report.illustrated import Amounts, illustrated
        from painter_kit.report.source import store_folder

        try:
            with Store(store_folder(run, self._access)) as store:
                return late_prompts(illustrated(run, row, self._access, store, Amounts()))
        except InputError as error:
            return late_prompts(illustrated(run, row, self._access, str(error), Amounts()))

    def _prompt(self, one: Late, group: str, resume: str | None) -> str | None:
        from painter_kit.cli.prompt_run import report_prompt

        name = f"{one.prompt.kind} {one.prompt.task} {one.about.data}"
        with self._tracking.run("prompt", name, group, resume=resume) as made:
            report_prompt(made, one.prompt, one.about, one.metrics, one.gain, one.queries, one.rows)
        return made.run_id


def _group(run: RunFolder) -> str:
    """A group of its own for a run that was never tracked."""
    what = f"{run.rows[0]['task']} {run.rows[0]['data']}"
    return f"{run.verb} {what} {time.strftime('%Y-%m-%d %H:%M:%S')}"
