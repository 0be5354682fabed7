"""Cases are tried once and kept; what fails in words is an outcome."""

from pathlib import Path

import pytest

from benchmarks.faults.case import Campaign, Case, Outcome
from painter_kit.errors import PainterKitError

GOOD = Outcome(2, 2, "told", data={"x": [1]})


def campaign(folder: Path) -> tuple[Campaign, list[str]]:
    lines: list[str] = []
    return Campaign(folder, lines.append), lines


def test_a_finished_case_is_not_tried_again(tmp_path: Path):
    tried = []

    def run(folder: Path) -> Outcome:
        (folder / "file").touch()
        tried.append(folder)
        return GOOD

    for _ in range(2):
        own, lines = campaign(tmp_path)
        assert own.result(Case("killed", "a-1", run)) == GOOD
        assert lines == ["a-1: 2 of 2 faults passed"]
        assert own.done == {"a-1": ("killed", GOOD)}
    assert tried == [own.work("a-1")]


def test_a_case_that_was_broken_off_begins_anew(tmp_path: Path):
    own, _ = campaign(tmp_path)

    def break_off(folder: Path) -> Outcome:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own.result(Case("killed", "a", break_off))
    seen = []
    own.result(Case("killed", "a", lambda folder: seen.extend(folder.iterdir()) or GOOD))
    assert seen == []


def test_what_raises_failed_unless_others_stand_on_it(tmp_path: Path):
    own, lines = campaign(tmp_path)

    def fail(folder: Path) -> Outcome:
        raise PainterKitError("store is damaged")

    outcome = own.result(Case("killed", "a", fail))
    assert (outcome.passed, outcome.good, outcome.wrong) == (0, False, "store is damaged")
    assert lines == ["a: 0 of 1 faults passed; store is damaged"]
    with pytest.raises(PainterKitError):
        own.result(Case("", "undisturbed", fail))


def test_what_counts_as_good():
    assert GOOD.good
    assert Outcome(0, 0, skipped="no root").good
    assert not Outcome(2, 1).good
    assert not Outcome(2, 2, wrong="x").good
