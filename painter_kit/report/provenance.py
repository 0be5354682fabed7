"""Where numbers come from, and the commands that give them again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from painter_kit.report.document import Block, Code, Section, Text, words
from painter_kit.report.runs import CONFIG, EVALUATE, SEARCH, RunFolder


def provenance(run: RunFolder) -> Section:
    """Digests, versions, settings and commands of one run."""
    rows = run.rows
    facts: dict[str, Any] = {
        "folder": str(run.path),
        "made by": f"painterkit {run.version} {run.verb}",
        "data": _each(rows, "data"),
        "checkpoint": _each(rows, "checkpoint"),
        "digest of the weights": _each(rows, "model_digest"),
        "seed": str(run.settings.get("seed", "")),
        "store": str(run.note.get("store") or ""),
        "MLflow runs": ", ".join(run.run_ids),
    }
    settings = words({k: v for k, v in run.settings.items() if not isinstance(v, Mapping)})
    return Section(
        "Provenance",
        [words(facts), *_commands(run)],
        [Section("Settings in force", [settings], folded=True)] if run.settings else [],
    )


def _each(rows: list[Mapping[str, Any]], name: str) -> str:
    return ", ".join(dict.fromkeys(str(row[name]) for row in rows if row.get(name)))


def command_line(run: RunFolder) -> str:
    """The words that started the run; empty where they are not known."""
    if not run.command:
        return ""
    return shlex.join(["painterkit", *run.command[1:]])


def _commands(run: RunFolder) -> list[Block]:
    """How it was started, and how to get the same again elsewhere."""
    blocks: list[Block] = []
    if line := command_line(run):
        blocks += [Text("Started by:"), Code(line)]
    if run.settings and run.verb in _REPEATABLE:
        again = _again(run)
        blocks += [Text("The same again, from the settings that were in force:"), Code(again)]
    return blocks


_REPEATABLE = (SEARCH, "tune-prompt", EVALUATE, "demo")


def _again(run: RunFolder) -> str:
    folder = Path(run.path)
    words_ = ["painterkit", run.verb, "--config", str(folder / CONFIG)]
    if root := run.note.get("data_root"):
        words_ += ["--data-root", str(root)]
    lines = [shlex.join([*words_, "--out", f"{folder}-again"])]
    if run.verb != "demo":
        task, data = str(run.rows[0]["task"]), str(run.rows[0]["data"])
        prompt = folder / ("prompts" if run.verb == EVALUATE else "prompt")
        what = ["--task", "all" if len(run.rows) > 1 else task, "--data", data]
        if run.verb == EVALUATE and len(run.rows) == 1:
            prompt = prompt / task
        lines.append(shlex.join(["painterkit", "evaluate", *what, "--prompt", str(prompt)]))
    return "\n".join(lines)
