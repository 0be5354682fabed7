"""``painterkit benchmark --plan``, here and for other hardware."""

import pytest

from tests.test_cli_benchmark import SHORT, benchmark, told, work  # noqa: F401

ASK = ("--suite", "fss1000", "--prompts", "random:2", "--plan")
FORWARDS = 3 * 5 * (2 + 4)  # two draws, four controls of the first


@pytest.mark.usefixtures("work")
def test_the_plan_has_time_here_and_elsewhere():
    here = told(benchmark(*ASK, "--json"))
    assert here["seconds"] == pytest.approx(FORWARDS / here["throughput"])
    other = told(benchmark(*ASK, "--throughput", "9", "--devices", "2", "--json"))
    assert (other["seconds"], other["device_hours"]) == (5, 10 / 3600)
    assert other["storage"]["store"] > FORWARDS * 50
    said = benchmark(*ASK, "--throughput", "9").stdout
    assert f"plan: {FORWARDS} forwards; those in the store are not repeated; about 10.0 s" in said
    assert benchmark(*ASK[:-1], "--throughput", "9").exit_code == 2


@pytest.mark.usefixtures("work")
def test_prompts_that_are_made_cost_too():
    sets = [part for item in SHORT for part in ("--set", item)]
    ask = ("--suite", "world-unseen-tasks", "--parts", "ring", "--count", "4", "--throughput", "9",
           "--plan", "--json", *sets)  # fmt: skip
    plain = told(benchmark(*ask, "--prompts", "random:2"))
    assert plain["making"] == {"prompts": 0, "forwards": 0, "samples": 0, "each": 0.0}
    searched = told(benchmark(*ask, "--prompts", "random:2,searched"))
    # A panel of two on four select and four confirm pictures, and what the search takes at most.
    assert searched["making"]["prompts"] == 1
    assert searched["making"]["forwards"] > 2 * (4 + 4)
    both = told(benchmark(*ask, "--prompts", "random:2,searched,learned"))
    assert both["making"]["prompts"] == 2
    assert both["making"]["samples"] == 2 * 2  # steps times batch
    assert both["making"]["forwards"] > searched["making"]["forwards"]
    assert both["seconds"] > searched["seconds"] > plain["seconds"]


@pytest.mark.usefixtures("work")
def test_what_cannot_be_made_is_said_before_anything_is_asked():
    result = benchmark(*ASK, "--prompts", "random:2,searched", "--throughput", "9")
    assert result.exit_code == 2
    assert "fss1000:cat" in result.stderr
    assert "splits need" in result.stderr
