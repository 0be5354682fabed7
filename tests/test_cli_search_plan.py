"""Budgets and plans of ``painterkit search-prompt``."""

import json
from pathlib import Path

import pytest

from tests.test_cli_search_prompt import search, told, work  # noqa: F401

pytestmark = pytest.mark.usefixtures("work")
KEYS = {
    *("task", "data", "strategy", "pool", "select", "confirm", "panel_size", "panel_forwards"),
    *("select_forwards", "confirm_forwards", "parts", "views", "at_most", "least_forwards"),
    *("joint_forwards", "refine_forwards", "notes", "sensitivity_forwards", "also_forwards"),
    *("total", "seconds", "throughput", "devices", "device_hours", "forward_equivalents"),
    "storage",
}
SEARCH = ["--json", "--no-mlflow"]


def test_the_plan_has_time_at_the_measured_pace_and_writes_nothing():
    before = sorted(Path().rglob("*"))
    result = search("--plan", "--json")
    plan = told(result)
    assert set(plan) == KEYS
    assert plan["throughput"] > 0
    assert plan["seconds"] == pytest.approx(plan["total"] / plan["throughput"])
    assert "forwards/s measured here" in result.stderr
    assert sorted(Path().rglob("*")) == before


def test_the_plan_of_a_task_with_parts():
    assert told(search("--plan", "--json", "--data", "world", "--task", "panoptic"))["parts"] == 2


def test_the_plan_for_other_hardware():
    other = ["--devices", "4", "--throughput", "2.5", "--strategy", "halving+certify"]
    plan = told(search("--plan", "--json", *other))
    assert (plan["throughput"], plan["devices"]) == (2.5, 4)
    assert plan["seconds"] == plan["total"] / 10
    assert plan["device_hours"] == pytest.approx(4 * plan["seconds"] / 3600)
    assert plan["storage"]["store"] > 50 * plan["total"]  # a Record is a hundred bytes or so
    said = search("--plan", *other).stdout
    assert f"at most {plan['seconds']:.1f} s at 4 devices of 2.5 forwards/s as given" in said
    wrong = search("--devices", "4")
    assert wrong.exit_code == 2
    assert "--devices and --throughput are for --plan" in wrong.stderr


def test_a_budget_in_time_is_one_in_forwards():
    """The cut-off is an input of the log: the same in forwards gives the same log."""
    timed = told(search("--out", "timed", "--budget", "300s", *SEARCH))
    header = json.loads(Path("timed/decisions.jsonl").read_text().splitlines()[0])
    forwards = header["config"]["budget"]
    assert forwards > 0
    assert told(search("--out", "again", "--budget", str(forwards), *SEARCH)) | {
        "forwards": None,
        "prompt": None,
    } == timed | {"forwards": None, "prompt": None}
    logs = [Path(out, "decisions.jsonl").read_bytes() for out in ("timed", "again")]
    assert logs[0] == logs[1]


def test_a_level_is_told_in_forwards():
    plan = told(search("--plan", "--json", "--strategy", "exhaustive", "--throughput", "9"))
    fixed = plan["total"] - plan["select_forwards"]
    light = search("--plan", "--json", "--throughput", "9", "--budget", "light")
    assert f"--budget light: {fixed + plan['least_forwards'] * 2} forwards" in light.stderr or (
        fixed < told(light)["total"] < plan["total"]
    )
    heavy = told(search("--plan", "--json", "--throughput", "9", "--budget", "heavy"))
    assert heavy["total"] <= plan["total"]


def test_a_budget_stops_the_other_strategies():
    plan = told(search("--plan", "--json", "--strategy", "exhaustive", "--throughput", "9"))
    budget = plan["total"] - plan["select_forwards"] + 2 * plan["select"]
    result = search("--strategy", "exhaustive", "--budget", str(budget), *SEARCH)
    found = told(result)
    assert found["stopped"] == "budget"
    assert found["forwards"]["select"] == 2 * plan["select"]
    assert "stopped early (budget): " in result.stderr
    patient = told(search("--strategy", "exhaustive", "--set", "patience=1", *SEARCH))
    assert patient.get("stopped") in (None, "no improvement")
