"""The table of a campaign: what became of the inputs of each reader."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.bad_input.case import ACCEPTED, FAILURE, REFUSED, Outcome
from benchmarks.output import markdown_table
from painter_kit.files import write_text


def rows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """A row per reader, in order of appearance, and one of all."""
    by_reader: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_reader.setdefault(outcome.reader, []).append(outcome)
    return [_row(name, own) for name, own in [*by_reader.items(), ("all", list(outcomes))] if own]


def _row(name: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    count = Counter(outcome.outcome for outcome in outcomes)
    return {
        "reader": name,
        "inputs": len(outcomes),
        "accepted": count[ACCEPTED],
        "refused": count[REFUSED],
        "failures": count[FAILURE],
        "slowest (s)": round(max(outcome.seconds for outcome in outcomes), 2),
        "peak memory (MB)": round(max(outcome.megabytes for outcome in outcomes)),
    }


def write_report(out: Path, outcomes: Sequence[Outcome], seed: int) -> str:
    """Write ``bad_input.md`` and ``bad_input.json`` into ``out``; returns the table and what
    failed."""
    told = sorted(outcomes, key=lambda o: (o.reader, o.number))
    failed = [outcome for outcome in told if outcome.outcome == FAILURE]
    text = markdown_table(rows(told))
    text += f"\n\n{len(failed)} of {len(told)} inputs failed (seed {seed})"
    for outcome in failed[:40]:
        text += f"\n- {outcome.reader}:{outcome.number} ({outcome.damage}): {outcome.reason}"
    write_text(out / "bad_input.md", text + "\n")
    kept = {"seed": seed, "rows": rows(told), "failures": [asdict(o) for o in failed]}
    write_text(out / "bad_input.json", json.dumps(kept, indent=1) + "\n")
    return text
