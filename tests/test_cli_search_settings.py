"""What the settings of search-prompt turn on: edits, refinement, diagnosis, alternatives."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from painter_kit.cli.main import cli
from painter_kit.cli.search_settings import SearchSettings
from painter_kit.inference.parted import PartedPrompt, load_prompt
from prompt_search.config import SearchConfig
from tests import test_cli_search_prompt
from tests.test_cli_search_prompt import GAIN, KEYS, STOP, search, told

work = test_cli_search_prompt.work  # the fixture


def test_edits_and_given_prompts_join_the_pool(work: Path):
    told(search("--out", "first", "--json", "--no-mlflow"))
    wider = ["--crops", "1", "--flips", "--include", "first/prompt", "--no-mlflow", "--json"]
    plan = told(search(*wider, "--plan"))
    assert plan["pool"] == (4 + 1) * 3
    result = search(*wider, "--out", "out", "--strategy", "exhaustive")
    # The given one is a pair of this pool and so are its edits, but for the crop's own draw.
    first = told(result)
    assert first["dropped"] == {"a copy of another pair": 2}
    assert first["splits"]["pool"] == 4 * 3 + 1
    assert "crops and mirror images: 8; given prompts: 1; left out: 2 (a copy" in result.stderr
    again = told(search("--config", "out/config.yaml", "--json", "--no-mlflow"))
    assert again["forwards"]["new"] == 0
    assert again["winner"] == first["winner"]
    off = told(search("--set", "max_candidates=3", "--json", "--no-mlflow"))
    assert (off["splits"]["pool"], off["caps"][0]["total"]) == (3, 4)
    assert off["caps"][0]["loss"] >= 0


@pytest.mark.parametrize("task", ["depth", "panoptic"])
def test_a_refined_search_keeps_its_study(work: Path, task: str):
    data = ("--data", "world", "--task", task, "--set", "rounds=1")
    flags = ["--refine", "3", "--set", "sampler=tpe", "--out", "out", "--json", "--no-mlflow"]
    value = told(search(*data, *flags))
    parts = {"forwards_by_part"} if task == "panoptic" else set()
    assert set(value) - {"dropped"} == KEYS | {"outlook", "metrics", "refined"} | parts
    refined = value["refined"]
    assert refined["trials"] == 3 * (2 if task == "panoptic" else 1)
    assert set(refined["gain_over_winner"]) == {"select", *GAIN}
    assert refined["used"] == (refined["gain_over_winner"]["value"] is not None)
    prompt = load_prompt(work / "out/prompt")
    parts = prompt.parts.values() if isinstance(prompt, PartedPrompt) else [prompt]
    assert any("edits" in part.provenance for part in parts) == refined["used"]
    assert (work / "out/study.journal").stat().st_size > 0
    forwards = value["forwards"]
    asked = forwards["panel"] + forwards["select"] + forwards["confirm"]
    assert forwards["new"] + forwards["reused"] == asked
    plan = told(search(*data, "--refine", "3", "--plan", "--json"))
    assert asked <= plan["total"]
    assert 0 < refined["forwards"] <= plan["refine_forwards"]


def test_random_weights_make_prompts_interchangeable(work: Path):
    result = search(*STOP, "--json", "--no-mlflow", "--out", "out")
    value = told(result)
    assert value["interchangeable"] is True
    assert "prompts are interchangeable for this model and task" in result.stderr
    assert value["forwards"]["select"] == 0
    assert not value["gain"]["confirmed"]
    assert load_prompt(work / "out/prompt").provenance["candidate"] == value["winner"]["id"]


def test_a_diagnosis_is_planned_told_written_and_tracked(work: Path):
    plan = told(search("--plan", "--json", "--diagnose"))
    assert plan["sensitivity_forwards"] == (1 + 4) * plan["confirm"] + plan["confirm"]
    assert told(search("--plan", "--json"))["sensitivity_forwards"] == 0
    result = search("--out", "out", "--json", "--diagnose")
    value = told(result)
    assert "is expected to gain" in result.stderr
    kinds = [row["kind"] for row in value["sensitivity"]["rows"]]
    assert kinds == ["right", "blank", "shuffled target", "own"]
    assert value["sensitivity"]["verdicts"]
    assert (work / "out/sensitivity.csv").is_file()
    kept = work / "mlartifacts" / value["run_id"] / "artifacts/sensitivity.json"
    assert len(json.loads(kept.read_text())["data"]) == len(kinds)
    # A setting of a file can turn it on as well, and the option is no part of the others' JSON.
    config = ["--config", "out/config.yaml", "--out", "again", "--json", "--no-mlflow"]
    again = CliRunner().invoke(cli, ["search-prompt", "--device", "cpu", *config])
    assert told(again)["sensitivity"] == value["sensitivity"]


def test_alternatives_are_measured_on_demand_and_used_like_prompts(work: Path):
    names = [f"ensemble{how}" for how in ("", "-mean", "-features", "-grid")]
    names += ["retrieval", "retrieval-label"]
    flags = ["--also", "ensemble, retrieval", "--no-mlflow", "--json"]
    result = search(*flags, "--out", "out")
    value = told(result)
    assert set(value) - {"dropped"} == {*KEYS, "outlook", "metrics", "alternatives"}
    assert [one["name"] for one in value["alternatives"]] == names
    for one in value["alternatives"]:
        assert set(one["gain"]) == {"value", "ci_low", "ci_high"}
        assert {"value", "forwards_per_query", "forwards", "note"} <= set(one)
        assert f"  {one['name']}: {one['note']}" in result.stderr.splitlines()
    asked = sum(one["forwards"] for one in value["alternatives"])
    assert asked == value["forwards"]["alternatives"] > 0
    # Only an ensemble that helps is written.
    helps = [one["name"] for one in value["alternatives"] if (one["gain"]["ci_low"] or 0) > 0]
    written = {p.name for p in (work / "out").iterdir() if (p / "prompt.json").is_file()}
    assert written == {"prompt", *(name for name in helps if name.startswith("ensemble"))}
    plan = told(search("--plan", "--json", *flags[:2]))
    assert plan["also_forwards"] >= asked
    assert plan["also_forwards"] + told(search("--plan", "--json"))["total"] == plan["total"]
    config = ["--config", "out/config.yaml", "--plan", "--json"]
    again = CliRunner().invoke(cli, ["search-prompt", "--device", "cpu", *config])
    assert told(again)["also_forwards"] == plan["also_forwards"]


def test_a_prompt_per_class(work: Path):
    flags = ["--data", "world", "--task", "semantic", "--also", "per-class", "--json"]
    value = told(search(*flags, "--out", "out"))
    (one,) = value["alternatives"]
    assert one["name"] == "per-class"
    assert one["forwards_per_query"] >= 1
    for row in one["classes"]:
        assert set(row) == {"class", "prompt", "winner", "own", "gain", "used"}
    written = json.loads((work / "out/result.json").read_text())
    assert written["alternatives"] == value["alternatives"]


def test_sizes_are_caps_and_all_takes_what_there_is(work: Path):
    plan = ["--plan", "--json", "--strategy", "exhaustive"]
    plan += ["--throughput", "10"]
    capped = told(search(*plan, "--pool", "500"))
    assert capped == told(search(*plan, "--pool", "all"))
    assert capped == told(search(*plan, "--set", "pool=all", "--pool", "500"))
    assert capped["pool"] == 5  # 40 % of 12, by largest remainder
    assert capped["select_forwards"] == 5 * capped["select"]
    assert search("--pool", "some").exit_code == 2


def test_defaults_are_those_of_the_library():
    assert SearchSettings().config() == SearchConfig()
