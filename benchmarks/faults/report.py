"""The summary of a campaign, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from benchmarks.faults.case import Campaign, Outcome
from benchmarks.output import markdown_table
from painter_kit.files import write_text


def write_report(campaign: Campaign, seed: int) -> str:
    """Write ``faults.md`` and ``faults.json`` into the campaign's folder; returns the table."""
    rows = summary(campaign.done.values())
    text = markdown_table(rows)
    tried, passed = (sum(int(row[key]) for row in rows) for key in ("faults", "passed"))
    text += f"\n\n{passed} of {tried} faults passed"
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
    return [_row(fault, outcomes) for fault, outcomes in groups.items()]


def _row(fault: str, outcomes: list[Outcome]) -> dict[str, str | int]:
    notes = [o.wrong or o.skipped for o in outcomes if o.wrong or o.skipped]
    kills = [kill for o in outcomes for kill in o.data.get("kills", ())]
    if kills and not notes:
        most = {unit: max(kill["lost"][unit] for kill in kills) for unit in kills[0]["lost"]}
        allowed = kills[0]["allowed"]
        lost = ", ".join(f"{n} {unit} (block: {allowed[unit]})" for unit, n in most.items())
        notes = [f"at most {lost} lost; results as undisturbed"]
    return {
        "fault": fault,
        "faults": sum(o.faults for o in outcomes),
        "passed": sum(o.passed for o in outcomes),
        "found": "; ".join(dict.fromkeys(notes)) or _said(outcomes),
    }


def _said(outcomes: list[Outcome]) -> str:
    return "; ".join(dict.fromkeys(o.said for o in outcomes if o.said))
