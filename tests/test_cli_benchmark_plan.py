"""``painterkit benchmark --plan``, here and for other hardware."""

import pytest

from tests.test_cli_benchmark import benchmark, told, work  # noqa: F401

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
