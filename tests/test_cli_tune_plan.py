"""``painterkit tune-prompt --plan``, here and for other hardware."""

from pathlib import Path

import pytest

from tests.test_cli_tune_prompt import told, tune, work  # noqa: F401


def test_the_plan_counts_what_comes_first(work: Path):  # noqa: F811
    plan = told(tune("--plan", "--json"))
    splits = {"select": 3, "confirm": 2}  # 25 % and 15 % of 12
    assert plan["samples"] == 2 * 2
    assert plan["forwards"] == 3 * splits["select"] + splits["confirm"]
    panel_alone = told(tune("--plan", "--json", "--init", "mean"))["forwards_before"]
    assert panel_alone == 2 * (splits["select"] + splits["confirm"])
    assert plan["forwards_before"] > panel_alone
    assert plan["forward_equivalents"] == (
        plan["forwards"] + plan["forwards_before"] + 2 * plan["samples"]
    )
    assert plan["seconds"] == pytest.approx(plan["forward_equivalents"] / plan["throughput"])
    other = told(tune("--plan", "--json", "--devices", "2", "--throughput", "5"))
    assert other["seconds"] == plan["forward_equivalents"] / 10
    assert {*other["storage"]} == {"store", "prompts", "state"}
    said = tune("--plan", "--throughput", "5").stdout
    assert "forward-equivalents" in said
    assert "device-hours" in said
    assert not list(work.glob("runs"))
