"""``painterkit evaluate --plan``, here and for other hardware."""

from pathlib import Path

import pytest

from tests.test_cli_evaluate import evaluate, pairs, told, work  # noqa: F401


def test_plan_costs_nothing(work: Path):  # noqa: F811
    before = sorted(work.rglob("*"))
    result = evaluate("--plan", "--checkpoint", "not.there")
    assert result.exit_code == 0, result.stderr
    assert "depth: 128 pictures, 128 forwards" in result.stdout
    assert "the plan tells no time (checkpoint 'not.there'" in result.stderr
    told_of = told(pairs("--plan", "--json", "--count", "3"))
    assert (told_of["forwards"], told_of["rows"][0]["n"]) == (3, 3)
    assert told_of["seconds"] == pytest.approx(3 / told_of["throughput"])
    other = ["--plan", "--devices", "4", "--throughput", "3", "--keep-painted"]
    told_of = told(pairs(*other, "--json", "--count", "8"))
    assert (told_of["seconds"], told_of["device_hours"]) == (8 / 12, 8 / 3 / 3600)
    assert told_of["storage"]["painted"] == 8 * 3 * 448**2  # at the size of the data's spec
    assert sorted(work.rglob("*")) == before
    assert pairs("--devices", "2").exit_code == 2
