"""``painterkit tune-prompt`` from options to files, JSON and runs."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from painter_kit.cli.main import cli
from painter_kit.cli.search_settings import SearchSettings
from painter_kit.cli.tune_prompt import TuneSettings, find_inits
from painter_kit.data.specs import released_spec
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.errors import InputError
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import load_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.types import Coding, Pair
from prompt_tuning import course
from prompt_tuning.config import TuneConfig
from tests import test_cli_search_prompt as searching
from tests.test_cli_search_prompt import FORWARDS, GAIN, KEYS, PANEL, SMALL, STOP, search, told

work = searching.work
LEARNED = KEYS - {"exhaustive_forwards", "finalists"} | {"init", "steps", "seconds", "chosen"}
LEARNED |= {"rival", "gain_over_rival", "loss_is_not_metric"}
STEPS = ["--steps", "2", "--batch", "2", "--evaluate-every", "1", "--set", "robustness=false"]


def tune(*args: str) -> Result:
    common = ["tune-prompt", "--data", "folder:pairs", "--checkpoint", "tiny.safetensors"]
    return CliRunner().invoke(cli, [*common, *SMALL, *STEPS, *args])


def save_prompt(folder: Path, task: str = "depth") -> None:
    picture = np.full((20, 30, 3), 90, np.uint8)
    Prompt(Pair(picture, picture, Coding()), task).save(folder)


def test_json_and_files_after_a_search_that_is_free(work: Path):
    searched = told(search(*STOP, "--out", "found", "--json", "--no-mlflow"))
    result = tune("--out", "out", "--json", "--no-mlflow")
    first = told(result)
    assert set(first) == LEARNED
    assert set(first["splits"]) == {"select", "confirm", "test"}
    assert (set(first["forwards"]), set(first["panel"])) == (FORWARDS, PANEL)
    assert set(first["gain"]) == GAIN
    assert (first["init"], first["steps"], first["strategy"]) == ("search", 2, "tune")
    assert first["chosen"] in ("random", "searched", "learned")
    assert first["panel"] == searched["panel"]
    # New are the learned prompts alone: each on select, the best one on confirm.
    splits, lines = first["splits"], (work / "out/snapshots.csv").read_text().split()
    start, *learned_digests = (line.split(",")[-1] for line in lines[1:])
    assert len(learned_digests) == 2
    prompts = len({*learned_digests} - {start})
    assert first["forwards"]["new"] == prompts * splits["select"] + splits["confirm"]
    assert "plan: 2 steps x 2 queries (2 at a time)" in result.stderr

    assert first["prompt"] == str(Path("out/prompt"))
    learned = Prompt.load(work / "out/learned")
    assert learned.kind == "learned"
    assert learned.provenance["start"]["candidate"] == searched["winner"]["id"]
    assert Prompt.load(work / "out/prompt").kind == first["chosen"]
    written = json.loads((work / "out/result.json").read_text())
    assert written == {**{k: v for k, v in first.items() if k != "run_id"}, "prompt": "prompt"}

    second = told(tune("--out", "again", "--json", "--no-mlflow"))
    assert second["forwards"]["new"] == 0
    assert second["winner"] == first["winner"]
    assert Prompt.load(work / "again/learned").digest == learned.digest


def test_one_tune_run_and_a_run_for_every_kind_of_prompt(work: Path):
    from mlflow import MlflowClient

    result = told(tune("--out", "out", "--json"))
    client = MlflowClient(f"sqlite:///{work / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("painterkit")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert len({run.data.tags["group"] for run in runs}) == 1
    by_kind = {run.data.params.get("prompt_kind", "tune"): run for run in runs}
    assert set(by_kind) == {"tune", "learned", "searched", "random"}
    assert len(runs) == 4
    tuned, learned, found = (by_kind[k] for k in ("tune", "learned", "searched"))
    assert result["run_id"] == tuned.info.run_id
    losses = client.get_metric_history(tuned.info.run_id, "tune/loss")
    selected = client.get_metric_history(tuned.info.run_id, "tune/select_rmse")
    assert [m.step for m in losses] == [m.step for m in selected] == [1, 2]
    files = work / "mlartifacts" / tuned.info.run_id / "artifacts"
    assert {p.name.split("+")[0] for p in (files / "images").iterdir()} >= {"prompt_target"}
    assert (files / "learned/prompt.json").is_file()
    assert math.isclose(learned.data.metrics["depth/rmse"], result["winner"]["confirm"])
    assert math.isclose(learned.data.metrics["gain/value"], result["gain"]["value"])
    # The searched prompt's figures are the search's own.
    searched = told(search(*STOP, "--json", "--no-mlflow"))
    assert math.isclose(found.data.metrics["depth/rmse"], searched["winner"]["confirm"])
    for name in ("value", "ci_low", "ci_high"):
        assert math.isclose(found.data.metrics[f"gain/{name}"], searched["gain"][name])
    # Random weights leave nothing to choose, so the search took the best of the panel.
    assert found.data.params["strategy"] == "panel"
    assert found.data.params.keys() == learned.data.params.keys()


@pytest.mark.parametrize("task", WORLD_TASKS)
def test_every_task_of_the_world(work: Path, task: str):
    before = (work / "tiny.safetensors").read_bytes()
    args = ["--data", "world", "--task", task, "--init", "mean", "--json", "--no-mlflow"]
    result = told(tune(*args, "--out", "out"))
    assert set(result) == LEARNED
    assert (set(result["forwards"]), set(result["panel"])) == (FORWARDS, PANEL)
    numbers = [result["gain"]["value"], result["winner"]["select"], result["winner"]["confirm"]]
    assert np.isfinite(numbers).all()
    forwards = result["forwards"]
    asked = forwards["panel"] + forwards["select"] + forwards["confirm"]
    assert forwards["new"] + forwards["reused"] == asked
    prompt = load_prompt(work / "out/learned")
    assert (prompt.task, prompt.kind) == (task, "learned")
    parts = ["semantic", "instance"] if task == "panoptic" else [""]
    for part in parts:
        lines = (work / "out" / part / "losses.csv").read_text().split()[1:]
        losses = [float(line.split(",")[1]) for line in lines]
        assert len(losses) == 2
        assert np.isfinite(losses).all()
        assert min(losses) > 0
        learned = Prompt.load(work / "out/learned" / part)
        assert learned.pair.target.shape == (32, 32, 3)
        assert learned.provenance["tune"]["steps"] > 0
    assert load_prompt(work / "out/prompt").kind == result["chosen"]
    assert (work / "tiny.safetensors").read_bytes() == before
    # What was learned can be learned on.
    again = told(tune(*args, "--init", "out/learned", "--out", "again"))
    assert again["init"] == "out/learned"


@pytest.mark.parametrize("init", ["random", "mean", "grey", "given"])
def test_other_starts(work: Path, init: str):
    save_prompt(work / "given")
    result = told(tune("--init", init, "--json", "--no-mlflow"))
    assert result["init"] == init
    assert result["chosen"] in ("random", "learned")
    assert (work / "runs/tune-prompt-1/learned/prompt.json").is_file()


def test_defaults_are_those_of_the_libraries_and_of_search_prompt():
    assert TuneSettings().config() == TuneConfig()
    assert TuneSettings(seed=3, panel=5).search() == SearchSettings(seed=3, panel=5).config()


def test_a_start_is_a_name_or_a_folder_of_the_task(work: Path):
    save_prompt(work / "given")
    depth, enhance = ((get_task(name), released_spec("d", name)) for name in ("depth", "enhance"))
    assert find_inits("mean", *depth) == ["mean"]
    named, given = find_inits("search, given", *depth)
    assert named == "search"
    assert isinstance(given, Prompt)
    assert given.task == "depth"
    with pytest.raises(InputError, match="is a prompt for depth, not for --task enhance"):
        find_inits("given", *enhance)


def nothing(work: Path) -> None:
    pass


def other_task(work: Path) -> None:
    save_prompt(work / "given", "denoise")


def ensemble(work: Path) -> None:
    save_prompt(work / "one")
    EnsemblePrompt((Prompt.load(work / "one"),)).save(work / "given")


def broken(work: Path) -> None:
    save_prompt(work / "given")
    (work / "given/input.png").write_bytes(b"no picture")


def shrink(work: Path) -> None:
    Image.fromarray(np.ones((40, 47), np.uint16)).save(work / "pairs/targets/p02.png")


CASES: list[tuple[Callable[[Path], None], tuple[str, ...], str]] = [
    (nothing, ("--init", "mean,best"), "one of search, random, mean, grey, not 'best'"),
    (
        nothing,
        ("--set", "parametrisation=palette"),
        "targets of depth are not painted in a palette",
    ),
    (nothing, ("--set", "augment=blur"), "augment of tuning must be one of none, mirror"),
    (nothing, ("--resume",), "--resume needs --out DIR"),
    (nothing, ("--init", "best"), "--init must be a prompt folder or one of search, random"),
    (other_task, ("--init", "given"), "--init given is a prompt for denoise"),
    (ensemble, ("--init", "given"), "--init given is an ensemble of prompts"),
    (broken, ("--init", "given"), "given/input.png cannot be read"),
    (nothing, ("--steps", "0"), "steps of tuning must be at least 1"),
    (nothing, ("--rate", "-1"), "rate of tuning must be above 0"),
    (nothing, ("--task", "dept"), "Did you mean 'depth'?"),
    (nothing, ("--data", "wrld"), "unknown data 'wrld'"),
    (nothing, ("--data", "builtin", "--task", "semantic"), "has no truth for 'semantic'"),
    (nothing, ("--checkpoint", "gone.pth"), "checkpoint 'gone.pth': no such file"),
    (shrink, (), "pairs/targets/p02.png is 47 x 40"),
]


@pytest.mark.parametrize(("harm", "args", "words"), CASES, ids=[c[2][:36] for c in CASES])
def test_bad_input_is_one_line_and_leaves_nothing(
    work: Path, harm: Callable[[Path], None], args: tuple[str, ...], words: str
):
    harm(work)
    before = sorted(work.rglob("*"))
    result = tune(*args)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert result.stdout == ""
    assert sorted(work.rglob("*")) == before


def test_resume_after_a_kill_is_exact_and_continues_the_run(work: Path, monkeypatch):
    """Killed in the last step; the same command with --resume gives what it would have given."""
    from mlflow import MlflowClient

    straight = told(tune("--init", "mean", "--out", "straight", "--json", "--no-mlflow"))
    draw, count = course.draw_queries, 0

    def killing(*args):
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return draw(*args)

    again = ("--init", "mean", "--out", "out", "--json")
    with monkeypatch.context() as patch:
        patch.setattr(course, "draw_queries", killing)
        killed = tune(*again)
    assert killed.exit_code != 0
    assert (work / "out/.state/start-0/state.pt").is_file()
    assert tune(*again).exit_code == 2  # not without --resume
    # The settings are those it began with.
    bare = ["tune-prompt", "--out", "out", "--json", "--resume", "--device", "cpu"]
    result = told(CliRunner().invoke(cli, bare))
    assert result["winner"] == straight["winner"]
    assert result["gain"] == straight["gain"]
    learned = [Prompt.load(work / name / "learned").digest for name in ("straight", "out")]
    assert learned[0] == learned[1]
    assert (work / "out/losses.csv").read_text() == (work / "straight/losses.csv").read_text()
    client = MlflowClient(f"sqlite:///{work / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("painterkit")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.`painterkit.kind` = 'tune'")
    assert [run.info.run_id for run in runs] == [result["run_id"]]
    other = tune("--init", "grey", "--out", "out", "--resume")
    assert other.exit_code == 2
    assert "made with other settings" in other.stderr


def test_a_sweep_is_in_the_folder_and_in_the_one_run(work: Path):
    result = told(tune("--init", "mean,grey", "--sweep", "2", "--out", "out", "--json"))
    rows = json.loads((work / "out/sweep.json").read_text())
    assert [row["trial"] for row in rows] == [0, 1]
    assert (work / "out/study.journal").is_file()
    files = work / "mlartifacts" / result["run_id"] / "artifacts"
    assert (files / "sweep.csv").is_file()
    assert not list(files.rglob(".state"))
