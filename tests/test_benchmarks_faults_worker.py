"""A group that loses a process, for real."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.faults.case import Campaign
from benchmarks.faults.kills import undisturbed
from benchmarks.faults.victims import WORKER
from benchmarks.faults.worker import PROCESSES, _reused, command, kill_group


def test_the_group_may_be_started_again(tmp_path: Path):
    words = command(tmp_path, 3)
    assert f"--nproc-per-node={PROCESSES}" in words
    assert "--max-restarts=3" in words
    assert "--resume" not in words


def test_reused_records_are_read_from_the_result():
    said = 'measuring 4 examples\n{"task": "depth", "forwards": {"new": 1, "reused": 7}}\n'
    assert _reused(said) == 7
    assert _reused("Error: x\n") == 0


@pytest.mark.slow
def test_a_group_goes_on_by_itself(tmp_path: Path):
    campaign = Campaign(tmp_path, lambda line: None)
    peace = campaign.work("worker-undisturbed")
    whole = undisturbed(campaign, WORKER, command(peace))
    folder = tmp_path / "group"
    folder.mkdir()
    outcome = kill_group(whole, folder, 1, np.random.default_rng(0))
    assert outcome.good, outcome
