"""The summary counts faults by kind and tells what was wrong, lost or said."""

import json
from pathlib import Path

from benchmarks.faults.case import Campaign, Case, Outcome
from benchmarks.faults.report import write_report


def kill(lost: int) -> dict[str, object]:
    return {"lost": {"examples": lost}, "allowed": {"examples": 4}}


def write(folder: Path, **outcomes: Outcome) -> str:
    campaign = Campaign(folder, lambda line: None)
    for name, outcome in outcomes.items():
        fault, _, _ = name.partition("_")
        campaign.result(Case(fault, name, lambda folder, found=outcome: found))
    return write_report(campaign, 5)


def test_a_row_per_kind(tmp_path: Path):
    text = write(
        tmp_path,
        searcher_1=Outcome(2, 2, data={"kills": [kill(0), kill(3)]}),
        searcher_2=Outcome(1, 1, data={"kills": [kill(1)]}),
        flips_1=Outcome(3, 3, "x: damaged", data={"read": {"refused": 2, "unharmed": 1}}),
        flips_2=Outcome(1, 1, data={"read": {"refused": 1, "another value": 0}}),
        disk_1=Outcome(1, 1, "the disk is full"),
        server_1=Outcome(0, 0, skipped="no root"),
    )
    lost = "at most 3 examples (block in flight: 4) lost; results as undisturbed"
    assert f"| searcher | 3 | 3 | {lost} |" in text
    assert "| flips | 4 | 4 | 3 refused, 1 unharmed |" in text
    assert "| disk | 1 | 1 | said as below; results as undisturbed |" in text
    assert "| server | 0 | 0 | skipped: no root |" in text
    assert "8 of 8 faults passed" in text
    assert "| disk_1 | the disk is full |" in text
    assert (tmp_path / "faults.md").read_text() == text + "\n"


def test_what_was_wrong_is_told(tmp_path: Path):
    text = write(tmp_path, searcher_1=Outcome(2, 1, wrong="a differs", data={"kills": [kill(9)]}))
    assert "| searcher | 2 | 1 | a differs |" in text
    kept = json.loads((tmp_path / "faults.json").read_text())
    assert kept["seed"] == 5
    assert kept["cases"]["searcher_1"]["fault"] == "searcher"
    assert kept["summary"][0]["passed"] == 1
