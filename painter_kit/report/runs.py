"""The folder of a run, read: what was asked for, what came out, and where it was tracked."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from painter_kit.documents import parse_json, parse_yaml, read_json, read_text
from painter_kit.errors import InputError

SEARCH, TUNE, EVALUATE, DEMO = "search-prompt", "tune-prompt", "evaluate", "demo"
TRAIN, BENCHMARK = "train", "benchmark"  # which no report is made of
KINDS = (SEARCH, TUNE, EVALUATE, DEMO)
MARKER, CONFIG, RESULT, LOGGED = "painterkit.json", "config.yaml", "result.json", ".mlflow.json"
# Where a search, a tuning and a training note their MLflow run.
SEARCH_NOTE, TUNE_NOTE, TRAIN_NOTE = "run.yaml", ".run", "mlflow_run_id"


@dataclass(frozen=True)
class RunFolder:
    """One finished run.

    ``settings`` are those of config.yaml, ``result`` is result.json, ``note`` what a search wrote
    down when it began (where its store and data are); ``command`` are the words that started it.
    """

    path: Path
    verb: str
    settings: Mapping[str, Any]
    result: Mapping[str, Any]
    note: Mapping[str, Any]
    command: tuple[str, ...] = ()
    version: str = ""

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The results: one per task of an evaluation, else a single one."""
        return list(self.result.get("rows", [self.result]))

    @property
    def run_ids(self) -> list[str]:
        """Ids of the MLflow runs that were noted; those logged later come instead."""
        if later := read_object(self.path / LOGGED, {}).get("run_ids"):
            return list(later)
        if self.verb == DEMO:
            return list(self.result.get("run_ids", []))
        if self.verb == EVALUATE:
            return [row["run_id"] for row in self.rows if row.get("run_id")]
        if self.verb == SEARCH:
            return [self.note["run_id"]] if self.note.get("run_id") else []
        file = self.path / TUNE_NOTE
        try:
            return read_text(file).splitlines()[:1] if file.is_file() else []
        except (OSError, ValueError) as error:
            raise InputError(f"{file}: not readable ({error}); remove it") from error


def is_training(path: Path) -> bool:
    """Whether ``train`` wrote this folder. Raises ``InputError`` for a broken marker."""
    return read_object(path / MARKER, {}).get("verb") == TRAIN


def is_benchmark(path: Path) -> bool:
    """Whether ``benchmark`` wrote this folder. Raises ``InputError`` for a broken marker."""
    return read_object(path / MARKER, {}).get("verb") == BENCHMARK


def open_run(path: Path, kinds: Sequence[str] = KINDS) -> RunFolder:
    """Read the folder of a run of one of ``kinds``.

    Raises ``InputError`` when it is none, has not ended, or holds a file that cannot be read.
    """
    verbs = ", ".join(kinds)
    if not path.is_dir():
        raise InputError(f"run {path}: no such folder; give the --out of {verbs}")
    marker = read_object(path / MARKER, None)
    if marker is None:
        raise InputError(f"run {path}: holds no {MARKER}; give the --out of {verbs}")
    verb = marker.get("verb")
    if verb not in kinds:
        raise InputError(f"run {path}: was written by {verb}; this is about runs of {verbs}")
    return read_run(path, verb, marker)


def read_run(path: Path, verb: str, marker: Mapping[str, Any]) -> RunFolder:
    """The same for a folder whose verb is known, such as the search within a demo."""
    result = read_object(path / RESULT, None)
    if result is None:
        again = "run it again" if verb == DEMO else "finish it with --resume"
        raise InputError(f"run {path}: holds no {RESULT}, so it has not ended; {again}")
    command = tuple(str(word) for word in marker.get("command", ()))
    return RunFolder(
        path,
        verb,
        read_yaml(path / CONFIG),
        result,
        read_yaml(path / SEARCH_NOTE),
        command,
        str(marker.get("painterkit", "")),
    )


def read_object(path: Path, default: Any) -> Any:
    """The object of a JSON file, ``default`` if there is no file.

    Raises ``InputError`` when it is no JSON object.
    """
    if not path.is_file():
        return default
    try:
        value = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); make the run anew") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object; make the run anew")
    return value


def read_yaml(path: Path) -> Mapping[str, Any]:
    """The mapping of a YAML file; empty if there is none. Raises ``InputError`` for other YAML."""
    if not path.is_file():
        return {}
    try:
        value = parse_yaml(read_text(path))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as YAML ({error}); make the run anew") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a mapping; make the run anew")
    return value


def read_lines(path: Path) -> list[Mapping[str, Any]]:
    """The objects of a file of JSON lines; none if there is no file."""
    if not path.is_file():
        return []
    try:
        return [parse_json(line) for line in read_text(path).splitlines() if line]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); make the run anew") from error


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, as text; none if there is no file."""
    if not path.is_file():
        return []
    try:
        return list(csv.DictReader(StringIO(read_text(path), newline="")))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: not readable as CSV ({error}); make the run anew") from error


@contextmanager
def as_written(run: RunFolder) -> Iterator[None]:
    """What fails in the block fails because a file of the run was changed: an ``InputError``.

    For what takes the run's figures at their word. The cause is kept for ``--debug``.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise InputError(
            f"run {run.path}: a file in it is not as painterkit wrote it ({reason}); make it anew"
        ) from error


class Scored(NamedTuple):
    """One judged cell of a search; ``part`` and ``round`` of a task with parts."""

    candidate: str
    image: str
    score: float
    part: str = ""
    round: int = 0


def read_scores(path: Path) -> list[Scored]:
    """The cells of a search's ``scores.parquet``; none if there is no file."""
    import pandas as pd

    if not path.is_file():
        return []
    try:
        columns = pd.read_parquet(path).to_dict("list")
        kept = {name: columns[name] for name in Scored._fields if name in columns}
        rows = zip(*kept.values(), strict=True)
        return [Scored(**dict(zip(kept, row, strict=True))) for row in rows]
    except Exception as error:  # Arrow and pandas have errors of many kinds
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not the scores of a search ({reason}); run it again") from error


def cells_of(cells: Sequence[Scored], part: str, number: int) -> list[Scored]:
    """The cells of one race."""
    return [cell for cell in cells if (cell.part, cell.round) == (part, number)]
