"""The summary of a campaign, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.faults.case import Campaign, Outcome
from benchmarks.output import markdown_table
from painter_kit.files import write_text


def write_report(campaign: Campaign, seed: int) -> str:
    """Write ``faults.md`` and ``faults.json`` into the campaign's folder; returns the text."""
    rows = summary(campaign.done.values())
    tried, passed = (sum(int(row[key]) for row in rows) for key in ("faults", "passed"))
    text = f"{markdown_table(rows)}\n\n{passed} of {tried} faults passed"
    if told := messages(campaign.done):
        text += f"\n\n{markdown_table(told)}"
    write_text(campaign.out / "faults.md", text + "\n")
    cases = {name: {"fault": fault, **asdict(one)} for name, (fault, one) in campaign.done.items()}
    whole = {"seed": seed, "summary": rows, "cases": cases}
    write_text(campaign.out / "faults.json", json.dumps(whole, indent=1) + "\n")
    return text


def summary(done: Iterable[tuple[str, Outcome]]) -> list[dict[str, str | int]]:
    """A row per kind of fault, in the order of their first case."""
    groups: dict[str, list[Outcome]] = {}
    for fault, outcome in done:
        if fault:
            groups.setdefault(fault, []).append(outcome)
    return [
        {
            "fault": fault,
            "faults": sum(o.faults for o in outcomes),
            "passed": sum(o.passed for o in outcomes),
            "found": _found(outcomes),
        }
        for fault, outcomes in groups.items()
    ]


def messages(done: Mapping[str, tuple[str, Outcome]]) -> list[dict[str, str]]:
    """What the program said, case by case."""
    return [{"case": name, "message": one.said} for name, (_, one) in done.items() if one.said]


def _found(outcomes: Sequence[Outcome]) -> str:
    """What was wrong, or else what the cases measured."""
    notes = [o.wrong or f"skipped: {o.skipped}" for o in outcomes if o.wrong or o.skipped]
    if notes:
        return "; ".join(dict.fromkeys(notes))
    kills = [kill for o in outcomes for kill in o.data.get("kills", ())]
    if kills:
        return _lost(kills)
    counts = Counter[str]()
    for outcome in outcomes:
        counts.update(outcome.data.get("read", {}))
    if counts:
        return ", ".join(f"{number} {how}" for how, number in counts.items() if number)
    return "said as below; results as undisturbed"


def _lost(kills: Sequence[Mapping[str, Any]]) -> str:
    most = {unit: max(kill["lost"][unit] for kill in kills) for unit in kills[0]["lost"]}
    allowed = kills[0]["allowed"]
    lost = ", ".join(f"{n} {unit} (block in flight: {allowed[unit]})" for unit, n in most.items())
    return f"at most {lost} lost; results as undisturbed"
