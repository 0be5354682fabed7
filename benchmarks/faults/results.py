"""What a run came to, as digests that are equal when the results are."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

# Files about the process that wrote them, and states that hold the time they took.
ABOUT = ("painterkit.json", "run.yaml", "state.pt", "card.md", "mlflow_run_id", "journal.jsonl")
# What depends on how often a run was broken off: time, and what the store had already.
PASSING = ("seconds", "new", "reused", "run_id", "samples_per_second")


def digests(run: Path) -> dict[str, str]:
    """SHA-256 by file of everything in the folder of a run that must not depend on faults."""
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(_content(path, run)).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file()
        and path.name not in ABOUT
        and not any(part.startswith(".") for part in path.relative_to(run).parts)
    }


def _content(path: Path, run: Path) -> bytes:
    if path.suffix != ".json":
        return path.read_bytes()
    text = path.read_text(encoding="utf-8").replace(str(run), "")  # where a run is does not count
    return json.dumps(_lasting(json.loads(text))).encode()


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(inner) for key, inner in value.items() if key not in PASSING}
    return [_lasting(inner) for inner in value] if isinstance(value, list) else value


def difference(found: dict[str, str], expected: dict[str, str]) -> str:
    """The files that differ, lack or are too many, in words; empty when there are none."""
    names = sorted(found.keys() | expected.keys())
    other = [name for name in names if found.get(name) != expected.get(name)]
    return f"{', '.join(other[:4])} not as undisturbed" if other else ""
