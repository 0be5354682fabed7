"""What is left to do, what is written down, and processes that die."""

import json
import os
import time
from pathlib import Path

import pytest

from benchmarks.bad_input import campaign
from benchmarks.bad_input.campaign import Campaign, Chunk, Journal, chunks
from benchmarks.bad_input.case import ACCEPTED, FAILURE, Outcome
from benchmarks.bad_input.report import rows, write_report
from painter_kit.errors import InputError

GOOD = Outcome("a", 0, ACCEPTED, 0.25, 3.0, "cut", "")
BAD = Outcome("a", 1, FAILURE, 0.5, 7.0, "flipped", "KeyError at x.py:3: 'a'")


def test_readers_take_turns_and_what_is_done_is_left_out():
    left = chunks({"a": 450, "b": 10}, [Chunk("a", 200, 400)])
    assert list(left) == [Chunk("a", 0, 200), Chunk("b", 0, 10), Chunk("a", 400, 450)]


def test_a_journal_remembers_what_went_well(tmp_path: Path):
    journal = Journal(tmp_path, {"seed": 1})
    journal.add(Chunk("a", 0, 1), [GOOD])
    journal.add(Chunk("b", 0, 2), [BAD])
    with journal.path.open("a") as file:
        file.write('{"chunk": {"read')  # killed while writing
    again = Journal(tmp_path, {"seed": 1})
    ((chunk, (outcome,)),) = again.outcomes()  # failures are run again
    assert chunk == Chunk("a", 0, 1)
    assert (outcome.outcome, outcome.seconds, outcome.megabytes) == (ACCEPTED, 0.25, 3.0)
    again.add(Chunk("a", 1, 2), [GOOD])
    assert [c.first for c, _ in again.outcomes()] == [0, 1]
    with pytest.raises(InputError, match="holds another campaign"):
        Journal(tmp_path, {"seed": 2})


def test_the_report_has_a_row_per_reader_and_tells_failures(tmp_path: Path):
    table = rows([GOOD, BAD, Outcome("b", 0, "refused")])
    assert [(r["reader"], r["inputs"], r["failures"]) for r in table] == [
        ("a", 2, 1),
        ("b", 1, 0),
        ("all", 3, 1),
    ]
    assert table[0]["slowest (s)"] == 0.5
    assert table[0]["peak memory (MB)"] == 7
    text = write_report(tmp_path, [BAD, GOOD], 5)
    assert "1 of 2 inputs failed (seed 5)" in text
    assert "- a:1 (flipped): KeyError at x.py:3: 'a'" in text
    assert (tmp_path / "bad_input.md").read_text() == text + "\n"
    kept = json.loads((tmp_path / "bad_input.json").read_text())
    assert kept["failures"][0]["number"] == 1


def dying(pipe, samples: Path, place: Path, seed: int) -> None:
    """A process that dies at case 3 and hangs at case 6."""
    while (asked := pipe.recv()) is not None:
        name, first, end = asked
        pipe.send(None)
        for number in range(first, end):
            if number == 3:
                os._exit(9)
            if number == 6:
                time.sleep(600)
            pipe.send(Outcome(name, number, ACCEPTED))


def test_a_process_that_dies_or_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(campaign, "serve", dying)
    monkeypatch.setattr(campaign, "SILENCE", 4.0)
    monkeypatch.setattr(campaign, "START", 300.0)
    runner = Campaign(tmp_path, tmp_path, 0, 1)
    ((chunk, outcomes),) = runner.run(chunks({"a": 9}, []))
    assert chunk == Chunk("a", 0, 9)
    assert [o.number for o in outcomes] == list(range(9))
    failed = {o.number: o.reason for o in outcomes if o.outcome == FAILURE}
    assert failed[3] == "the process died twice: exit 9"
    assert "no end after" in failed[6]
    assert len(failed) == 2
