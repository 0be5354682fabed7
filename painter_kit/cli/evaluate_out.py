"""The files that ``painterkit evaluate`` writes.

``config.yaml``, ``result.json`` (what --json prints), ``table.csv`` (a row per number, measured
and published) and ``table.md``; by task ``prompts/TASK``, ``per_image/TASK.csv`` and, if asked
for, ``predictions/TASK``. They are written after every task, so that finished tasks stay when a
later one fails.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painter_kit.cli.output import plain
from painter_kit.cli.prompting import ALL, CONFIG_FILE
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.files import write_text

if TYPE_CHECKING:
    from benchmarks.evaluation import Evaluation
    from painter_kit.cli.evaluate import EvaluateSettings
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.kept.base import Kept
    from painter_kit.inference.parted import AnyPrompt
    from painter_kit.tasks.base import Task
    from painter_kit.types import Examples, Record, Spec

RESULT = "result.json"


class Output:
    """The folder of one evaluation, locked by the caller.

    ``resumed``: the runs that an earlier call reported are known from its ``result.json``.
    """

    def __init__(self, folder: Path, settings: EvaluateSettings, resumed: bool = False) -> None:
        from painter_kit.config import dump_config

        self.folder, self.settings = folder, settings
        self.evaluations: list[Evaluation] = []
        self._reported = _rows(folder / RESULT) if resumed else []
        write_text(folder / CONFIG_FILE, dump_config(settings))

    def save_prompt(self, prompt: AnyPrompt) -> Path:
        """Write the prompt; its folder. ``prompts`` as a whole is a --prompt for all tasks."""
        place = self.folder / "prompts" / prompt.task
        prompt.save(place)
        return place

    def open_kept(self, prompt: AnyPrompt, judge: Judge, names: Sequence[str]) -> Kept | None:
        """What keeps the predictions, if they are to be kept."""
        if not (self.settings.keep_predictions or self.settings.keep_painted):
            return None
        from painter_kit.evaluation.kept.table import open_kept

        spec = judge.effective(prompt)
        about = {
            "prompt": prompt.digest,
            "model": judge.model_digest,
            "protocol": spec.digest,
            "precision": self.settings.precision,
        }
        if self.settings.segment_type != "auto":
            about["segment_type"] = self.settings.segment_type
        folder = self.folder / "predictions" / prompt.task
        return open_kept(spec, folder, names, about, self.settings.keep_painted)

    def known_run(self, one: Evaluation) -> str | None:
        """The run that reported the very same figures before."""
        mine = _without_run(plain(one.to_json()))
        for row in self._reported:
            if _without_run(row) == mine:
                return row.get("run_id")
        return None

    def add(
        self,
        one: Evaluation,
        task: Task,
        spec: Spec[Any],
        examples: Examples,
        records: Sequence[Record],
    ) -> None:
        """Write the pictures' figures of one task, and the tables of all so far."""
        from benchmarks.evaluation import markdown

        self.evaluations.append(one)
        rows = image_rows(task, spec, examples, records)
        write_text(self.folder / "per_image" / f"{task.name}.csv", as_csv(rows))
        results = [plain(e.to_json()) for e in self.evaluations]
        result = {"rows": results} if self.settings.task == ALL else results[0]
        write_text(self.folder / RESULT, json.dumps(result, indent=1) + "\n")
        numbers = [row for e in self.evaluations for row in e.records()]
        write_text(self.folder / "table.csv", as_csv(numbers))
        write_text(self.folder / "table.md", markdown(self.evaluations))


def image_rows(
    task: Task, spec: Spec[Any], examples: Examples, records: Sequence[Record]
) -> list[dict[str, object]]:
    """Id, group, stratum and every metric of each picture alone; a metric without value is None.

    A mean over the rows is not the metric of tasks whose counts are summed over images.
    """
    made = []
    for name, group, record in zip(examples.ids, examples.groups, records, strict=True):
        try:
            metrics: Mapping[str, float] = task.summarise([record], spec)
        except InputError:  # nothing in this picture counts
            metrics = {}
        made.append({"id": name, "group": group, "stratum": record.stratum, **metrics})
    return made


def as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as CSV; the columns are the keys of all rows, in order of appearance."""
    text = StringIO()
    columns = dict.fromkeys(key for row in rows for key in row)
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(plain(row) for row in rows)
    return text.getvalue()


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of an earlier ``result.json``; none when there is none that can be read."""
    try:
        result = read_json(path)
    except (OSError, ValueError):
        return []
    rows = result.get("rows", [result]) if isinstance(result, dict) else []
    return [row for row in rows if isinstance(row, dict)]


def _without_run(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "run_id"}
