"""``painterkit benchmark`` from the command line, with random weights on small data."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from benchmarks.suites.base import load_suite
from benchmarks.suites.cells import open_part
from painter_kit.cli.main import cli
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import save_painter
from painter_kit.tracking import start_tracking
from tests.cli_toys import TINY
from tests.few_shot import write_fss

FEW = ("--resamples", "100", "--controls", "1", "--device", "cpu")
SHORT = ("pool=4", "select=4", "confirm=4", "search.panel=2", "search.resamples=100",
         "tune.panel=2", "tune.steps=2", "tune.batch=2", "tune.evaluate_every=1",
         "tune.resamples=100")  # fmt: skip


@pytest.fixture
def work(mlflow_here: Path) -> Path:
    save_painter(TINY.build(), TINY, mlflow_here / "tiny.safetensors")
    write_fss(mlflow_here / "data")
    return mlflow_here


def benchmark(*args: str) -> Result:
    command = ["benchmark", "--checkpoint", "tiny.safetensors", "--data-root", "data"]
    return CliRunner().invoke(cli, [*command, *FEW, *args])


def told(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def test_a_suite_by_class_in_files_json_and_mlflow(work: Path):
    args = ("--suite", "fss1000", "--prompts", "random:3", "--trained-on", "painter", "--json")
    found = told(benchmark(*args, "--out", "out"))
    assert found["suite"] == "fss1000"
    assert found["trained_on"] == "painter"
    kinds = {row["kind"] for row in found["rows"] if row["quantity"] == "gain"}
    assert kinds == {"blank", "wrong task", "shuffled target", "wrong class"}
    assert {row["status"] for row in found["rows"]} == {"all", "seen", "unseen"}  # cat, dog; emu
    assert not any(row["comparable"] for row in found["published"])
    report = (work / "out/report.md").read_text()
    for head in ("Random prompts", "Controls", "Novelty", "Published figures"):
        assert f"## {head}" in report
    assert "SegGPT" in report
    for name in ("curves.png", "pictures.png", "config.yaml", "result.json"):
        assert (work / "out" / name).is_file()
    numbers = pd.read_csv(work / "out/numbers.csv")
    mean = numbers.query("quantity == 'mean' and kind == 'random' and status == 'all'")
    assert {*mean.metric} == {"iou", "fb_iou"}  # iou is the literature's mIoU
    assert len(pd.read_csv(work / "out/categories.csv")) == 3
    tracking = start_tracking()
    runs = tracking.client.search_runs([tracking.experiment_id])  # pyright: ignore
    assert sorted(r.data.tags["painterkit.kind"] for r in runs) == ["benchmark", "prompt"]
    (prompt,) = (r for r in runs if r.data.tags["painterkit.kind"] == "prompt")
    assert prompt.data.params["split"] == "fss1000/test"
    assert prompt.data.params["prompt_kind"] == "random"
    assert {"foreground/iou", "foreground/iou_ci_low"} <= {*prompt.data.metrics}
    again = told(benchmark(*args, "--out", "out", "--resume", "--no-mlflow"))
    assert again["forwards"]["new"] == 0
    assert again["rows"] == found["rows"]
    other = told(benchmark(*args, "--out", "two", "--no-mlflow", "--protocol", "published",
                           "--shots", "1,2"))  # fmt: skip
    kinds = {shots: {r["kind"] for r in other["rows"] if r["quantity"] == "gain"
                     and r["shots"] == shots} for shots in (1, 2)}  # fmt: skip
    assert kinds[2] == set()  # a control is of one pair, beside which two would not be fair
    assert "blank" in kinds[1]
    assert "asked beside one-shot prompts alone" in (work / "two/report.md").read_text()


def test_what_painted_together_is_what_is_logged(work: Path):
    args = ("--suite", "fss1000", "--prompts", "random:1", "--shots", "2", "--how", "features")
    told(benchmark(*args, "--count", "3", "--out", "out", "--json"))
    tracking = start_tracking()
    runs = tracking.client.search_runs([tracking.experiment_id])  # pyright: ignore
    (prompt,) = (r for r in runs if r.data.tags["painterkit.kind"] == "prompt")
    episodes = json.loads((work / "out/episodes/test-2.json").read_text())["episodes"]
    opened = open_part(load_suite("fss1000")[0].parts[0], work / "data", 32)
    expected = opened.prompt(episodes[0][3], "features")
    params = prompt.data.params
    assert (params["shots"], params["together"]) == ("2", "features")
    assert params["prompt_digest"] == expected.digest


def test_searched_and_learned_are_made_kept_and_given(work: Path):
    sets = [part for item in SHORT for part in ("--set", item)]
    common = ("--suite", "world-unseen-tasks", "--parts", "ring", "--count", "4", "--no-mlflow",
              "--json")  # fmt: skip
    made = told(benchmark(*common, *sets, "--prompts", "random:2,searched,learned", "--out", "a"))
    gains = {row["kind"]: row for row in made["rows"] if row["quantity"] == "gain"}
    assert {"searched", "learned", "learned over searched", "blank"} <= {*gains}
    assert Prompt.load(work / "a/searched/ring/prompt").kind == "searched"
    assert Prompt.load(work / "a/learned/ring/learned").kind == "learned"
    given = told(
        benchmark(*common, "--prompts", "random:2,searched:a/searched,learned:a/learned",
                  "--out", "b")
    )  # fmt: skip
    assert given["forwards"]["new"] == 0
    assert {r["kind"]: r for r in given["rows"] if r["quantity"] == "gain"} == gains
    told(benchmark(*common, *sets, "--prompts", "random:2,searched:a/searched,learned",
                   "--out", "again"))  # fmt: skip
    assert not (work / "again/searched").exists()  # learned from the given one
    digests = [Prompt.load(work / run / "learned/ring/learned").digest for run in ("a", "again")]
    assert digests[0] == digests[1]
    other = benchmark(*common, *sets, "--prompts", "random:2,searched", "--out", "a", "--resume",
                      "--seed", "5")  # fmt: skip
    assert other.exit_code == 2
    assert "were searched or learned with another seed" in other.stderr
    wrong = benchmark(*common, "--prompts", "random:2,searched:tiny.safetensors", "--out", "c")
    assert wrong.exit_code == 2
    assert "has no prompt for ring" in wrong.stderr


def test_prompts_of_a_class_are_measured_on_pictures_that_chose_nothing(work: Path):
    write_fss(work / "more", per_class=10)
    sets = [part for item in SHORT for part in ("--set", item)]
    found = told(
        benchmark("--suite", "fss1000", "--data-root", "more", "--prompts", "random:2,searched",
                  "--trained-on", "painter", "--no-mlflow", "--json", "--out", "o", *sets)
    )  # fmt: skip
    rows = [r for r in found["rows"] if r["kind"] == "searched"]
    counts = {r["status"]: r["n"] for r in rows}  # 20 % of ten pictures, of three classes
    assert counts == {"held out": 6, "seen, held out": 4, "unseen, held out": 2}
    report = (work / "o/report.md").read_text()
    for head in ("Random prompts", "Searched, learned and released prompts", "Controls"):
        _, _, section = report.partition(f"## {head}\n")
        table = section.partition("##")[0]
        assert all(f"| {status} " in table for status in ("all", "seen", "unseen")), head


@pytest.mark.usefixtures("work")
def test_plan_list_and_mistakes():
    plan = benchmark("--suite", "fss1000", "--prompts", "random:2", "--plan", "--json")
    assert told(plan)["forwards"] == 3 * 5 * (2 + 4)  # two draws, four controls of the first
    asked = ("--suite", "fss1000", "--prompts", "random:2,released", "--plan")
    assert told(benchmark(*asked, "--json"))["forwards"] == 3 * 5 * (2 + 4)
    said = benchmark(*asked, "--throughput", "9").stdout
    assert "test: not asked under a released prompt: no prompt was released for fss1000" in said
    listed = CliRunner().invoke(cli, ["benchmark", "--list"])
    assert "world-unseen-categories" in listed.stdout
    for args, words in (
        (("--suite", "fss100"), "Did you mean 'fss1000'"),
        (("--suite", "fss1000", "--parts", "fold9"), "has test"),
        (("--suite", "fss1000", "--protocol", "mine"), "has clean, published"),
        (("--suite", "fss1000", "--shots", "9"), "fewer shots"),
        (("--suite", "fss1000", "--prompts", "best"), "best is not known"),
        (
            (
                "--suite",
                "pascal5i",
            ),
            "does not exist",
        ),
    ):
        result = benchmark(*args, "--no-mlflow", "--out", "x")
        assert not Path("x").exists()
        assert result.exit_code == 2, (args, result.output)
        assert words in result.output, (args, result.output)
