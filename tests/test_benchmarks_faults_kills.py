"""What one kill may cost, moments, and a chain of real kills."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.faults.case import Campaign
from benchmarks.faults.kills import Kill, Whole, compared, kill_all, lost_units, wait_for
from benchmarks.faults.processes import Pace, Process, started
from benchmarks.faults.victims import BATCH, MEASURING, SEARCHER, TUNER
from painter_kit.evaluation.store import Store
from painter_kit.types import Record

GOOD = Kill(3.4, 2.5, {"examples": 4}, {"examples": BATCH}, same=True, valid=True)
PACE = Pace(0.01, 0.01, 0.01)
TALKS = "import time\nfor i in range(3): print('measuring 4 examples', flush=True)\ntime.sleep(60)"


def test_every_check_counts():
    assert GOOD.good
    assert not replace(GOOD, lost={"examples": BATCH + 1}).good
    assert not replace(GOOD, lost={"examples": -1}).good
    assert not replace(GOOD, same=False).good
    assert not replace(GOOD, valid=False).good


def test_what_is_left_falls_with_what_is_kept(tmp_path: Path):
    whole = Whole(tmp_path, PACE, 30, {"examples": 40, "steps": 20})
    assert whole.left({"examples": 0, "steps": 0}) == 30
    assert whole.left({"examples": 20, "steps": 10}) == 15
    assert whole.left({"examples": 40, "steps": 20}) == 0


def test_lost_is_what_was_begun_and_is_not_on_disk():
    said = "measuring 4 examples\ntune: step 1 of 9: loss 1\nmeasuring 3 examples\n"
    before, after = {"examples": 8, "steps": 0}, {"examples": 12, "steps": 0}
    assert lost_units(TUNER, said, before, after) == {"examples": 3, "steps": 1}


@pytest.mark.parametrize(("moment", "lines"), [(-0.5, 0), (2.5, 2), (3.5, 3)])
def test_moments_are_waited_for(tmp_path: Path, moment: float, lines: int):
    with started([sys.executable, "-c", TALKS], tmp_path, tmp_path / "log") as process:
        assert wait_for(process, SEARCHER, moment, 3, PACE)
        assert SEARCHER.lines(process.said) >= lines


def test_a_process_that_ends_before_is_let(tmp_path: Path):
    process = Process([sys.executable, "-c", "print()"], tmp_path, tmp_path / "log")
    assert not wait_for(process, SEARCHER, 2.0, 9, PACE)
    assert not wait_for(process, SEARCHER, None, 9, PACE)


def test_a_finished_run_is_compared(tmp_path: Path):
    whole, own = tmp_path / "whole", tmp_path / "own"
    for folder in (whole, own):
        (folder / "run").mkdir(parents=True)
        (folder / "run" / "decisions.jsonl").write_text("a")
        with Store(folder / "store") as store:
            store.put_many({b"k" * 16: Record(np.ones(1))})
    peace = Whole(whole, PACE, 1, {"examples": 1})
    kills = [replace(GOOD, same=False, valid=False)]
    assert compared(kills, own, peace).good
    (own / "run" / "decisions.jsonl").write_text("b")
    outcome = compared(kills, own, peace)
    assert (outcome.passed, outcome.wrong) == (0, "decisions.jsonl not as undisturbed")
    (own / "run" / "decisions.jsonl").write_text("a")
    with Store(own / "store") as store:
        store.put_many({b"l" * 16: Record(np.ones(1))})
    assert compared(kills, own, peace).wrong == "store not as undisturbed"
    assert MEASURING.kept(own) == 2


@pytest.mark.slow
def test_two_kills_of_a_real_search(tmp_path: Path):
    campaign = Campaign(tmp_path, lambda line: None)
    sizes = ("--pool", "6", "--select", "6", "--confirm", "4", "--test", "2", "--panel", "2")
    tiny = replace(SEARCHER, args=(*SEARCHER.args, *sizes))
    kill_all(campaign, tiny, 2, seed=1)
    outcomes = [outcome for fault, outcome in campaign.done.values() if fault]
    assert sum(outcome.faults for outcome in outcomes) == 2
    assert all(outcome.good for outcome in outcomes), outcomes
