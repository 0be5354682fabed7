"""A second process beside a real evaluation."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.faults.case import Campaign
from benchmarks.faults.kills import undisturbed
from benchmarks.faults.shared_out import start_second
from benchmarks.faults.victims import EVALUATOR

pytestmark = pytest.mark.slow


def test_the_second_is_refused_and_the_first_goes_on(tmp_path: Path):
    campaign = Campaign(tmp_path, lambda line: None)
    victim = replace(EVALUATOR, args=(*EVALUATOR.args, "--count", "12"))
    whole = undisturbed(campaign, victim)
    folder = tmp_path / "shared"
    folder.mkdir()
    outcome = start_second(victim, whole, folder)
    assert outcome.good, outcome
    assert outcome.said.startswith("Error: --out run is in use by another process")
