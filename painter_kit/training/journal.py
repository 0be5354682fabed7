"""What a training reports, kept in its folder as well: to be read without MLflow, and logged later.

``journal.jsonl`` has one JSON object per report: ``call``, a method of ``Reporter``, and its
``arguments``. Pictures are PNG files in ``samples/``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from painter_kit.data.pictures import read_image, write_png
from painter_kit.documents import parse_json, read_text
from painter_kit.errors import InputError
from painter_kit.files import write_text
from painter_kit.types import Image, Reporter

JOURNAL, SAMPLES = "journal.jsonl", "samples"
_PLAIN = ("params", "metrics", "table", "data", "note", "tags")


class Journal:
    """A ``Reporter`` that notes every call in ``folder`` before it hands it on to ``reporter``."""

    def __init__(self, folder: Path, reporter: Reporter) -> None:
        self.folder, self.reporter = folder, reporter

    def cut(self, iteration: int) -> None:
        """Forget what came after ``iteration``, from where the training goes on; at 0 everything.

        Raises ``InputError`` for a journal that is not as written.
        """
        kept = [e for e in read_journal(self.folder) if (_step(e) or 0) <= iteration]
        lines = [json.dumps(entry) + "\n" for entry in kept if iteration]
        write_text(self.folder / JOURNAL, "".join(lines))

    def params(self, values: Mapping[str, object]) -> None:
        """Noted and handed on, like all others."""
        self._note("params", values=dict(values))
        self.reporter.params(values)

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Noted."""
        self._note("metrics", values={k: float(v) for k, v in values.items()}, step=step)
        self.reporter.metrics(values, step)

    def image(self, key: str, image: Image, step: int | None = None) -> None:
        """Noted; the picture becomes ``samples/KEY.png``, with the step in its name."""
        name = f"{key}.png" if step is None else f"{key}_{step:07d}.png"
        write_png(self.folder / SAMPLES / name, image)
        self._note("image", key=key, file=name, step=step)
        self.reporter.image(key, image, step)

    def table(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Noted."""
        self._note("table", name=name, rows=[dict(row) for row in rows])
        self.reporter.table(name, rows)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Noted; the file lies in the training's folder."""
        self._note("artifact", file=path.name, folder=folder)
        self.reporter.artifact(path, folder)

    def data(self, name: str, digest: str, role: str, facts: Mapping[str, object]) -> None:
        """Noted."""
        self._note("data", name=name, digest=digest, role=role, facts=dict(facts))
        self.reporter.data(name, digest, role, facts)

    def note(self, text: str) -> None:
        """Noted."""
        self._note("note", text=text)
        self.reporter.note(text)

    def tags(self, values: Mapping[str, str]) -> None:
        """Noted."""
        self._note("tags", values=dict(values))
        self.reporter.tags(values)

    def _note(self, call: str, **arguments: object) -> None:
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"call": call, "arguments": arguments}, default=str) + "\n")


def read_journal(folder: Path) -> list[dict[str, Any]]:
    """The entries of a training's journal; none if there is no file.

    A last line that a kill has cut is left out. Raises ``InputError`` when another is no entry.
    """
    path = folder / JOURNAL
    if not path.exists():
        return []
    try:
        *lines, _cut = read_text(path).split("\n")
        entries = [parse_json(line) for line in lines]
        if not all(map(_is_report, entries)):
            raise ValueError("a line is no report")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a training's journal ({error}); remove it") from error
    return entries


def replay(folder: Path, reporter: Reporter) -> None:
    """Report again what the training in ``folder`` reported.

    Raises ``InputError`` when its journal is missing or not as written.
    """
    path = folder / JOURNAL
    entries = read_journal(folder)
    if not entries:
        raise InputError(f"{path}: there is none, or it is empty; nothing is known to be logged")
    for entry in entries:
        try:
            _replay(entry["call"], entry["arguments"], folder, reporter)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: not as written ({error!r:.200})") from error


def _replay(call: str, arguments: dict[str, Any], folder: Path, reporter: Reporter) -> None:
    if call == "image":
        picture = read_image(folder / SAMPLES / Path(arguments["file"]).name)
        reporter.image(str(arguments["key"]), picture, arguments["step"])
    elif call == "artifact":
        reporter.artifact(folder / Path(arguments["file"]).name, str(arguments["folder"]))
    elif call in _PLAIN:
        getattr(reporter, call)(**arguments)
    else:
        raise ValueError(f"no report is called {call!r:.40}")


def _is_report(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("call"), str):
        return False
    arguments = entry.get("arguments")
    return isinstance(arguments, dict) and isinstance(arguments.get("step"), int | None)


def _step(entry: Mapping[str, Any]) -> int | None:
    return entry["arguments"].get("step")
