"""``painterkit evaluate`` from options to tables, files, JSON and runs."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from painter_kit.cli.evaluate import EvaluateSettings, shared_switches
from painter_kit.cli.main import cli
from painter_kit.data import base
from painter_kit.data.builtin import BuiltinData
from painter_kit.data.specs import released_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.splits import make_split
from painter_kit.evaluation.store import Store
from painter_kit.inference.ensemble import HOWS, EnsemblePrompt
from painter_kit.inference.parted import load_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import save_painter
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Pair
from tests.cli_toys import TINY, make_pairs

KEYS = {
    *("task", "data", "split", "checkpoint", "model_digest", "prompt", "n", "primary"),
    *("direction", "metrics", "comparable", "why", "run_id"),
}
SMALL = ["--checkpoint", "tiny.safetensors", "--device", "cpu", "--resamples", "50"]
SMALL += ["--set", "forward_batch=4"]
WORLD_TASKS = {
    *("depth", "semantic", "coco-semantic", "instance", "foreground", "keypoint"),
    *("denoise", "derain", "enhance"),
}


@pytest.fixture
def work(mlflow_here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with random weights and forty pairs, eight of them for the test."""
    monkeypatch.delenv("PAINTERKIT_HOME", raising=False)
    monkeypatch.delenv("PAINTERKIT_DATA", raising=False)
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_painter(TINY.build(), TINY, mlflow_here / "tiny.safetensors")
    make_pairs(mlflow_here / "pairs", 40)
    return mlflow_here


def evaluate(*args: str) -> Result:
    return CliRunner().invoke(cli, ["evaluate", *SMALL, *args])


def pairs(*args: str) -> Result:
    return evaluate("--task", "depth", "--data", "folder:pairs", *args)


def told(result: Result) -> dict[str, Any]:
    """The one JSON object, which is all of stdout."""
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def stored(work: Path) -> int:
    with Store(work / ".painterkit") as store:
        return len(store)


def test_json_table_and_files(work: Path):
    result = pairs("--out", "out", "--json", "--no-mlflow")
    found = told(result)
    assert set(found) == KEYS
    expected = {"task": "depth", "data": "folder:pairs", "split": "test", "run_id": None}
    expected |= {"n": 8, "primary": "rmse", "direction": "min", "comparable": False}
    assert {key: found[key] for key in expected} == expected
    assert found["why"] == ["no numbers are published for depth on folder:pairs"]
    for metric in found["metrics"].values():
        assert metric["ci_low"] <= metric["value"] <= metric["ci_high"]
    assert "plan: 8 forwards" in result.stderr
    assert f"rmse (m, lower is better) *  {found['metrics']['rmse']['value']:.4g}" in result.stderr

    assert json.loads((work / "out/result.json").read_text()) == found
    prompt = Prompt.load(found["prompt"])
    assert (prompt.kind, prompt.task, found["prompt"]) == ("random", "depth", "out/prompts/depth")
    images = rows_of(work / "out/per_image/depth.csv")
    mean = sum(float(row["rmse"]) for row in images) / len(images)
    assert math.isclose(mean, found["metrics"]["rmse"]["value"])
    (row,) = (r for r in rows_of(work / "out/table.csv") if r["metric"] == "rmse")
    assert math.isclose(float(row["value"]), mean)
    assert (row["source"], row["primary"], row["unit"]) == ("this run", "True", "m")
    assert "| rmse (m, lower is better) * |" in (work / "out/table.md").read_text()
    assert not (work / "mlflow.db").exists()

    config = ["--config", "out/config.yaml", "--out", "again", "--json", "--no-mlflow"]
    again = told(CliRunner().invoke(cli, ["evaluate", "--device", "cpu", *config]))
    assert {**again, "prompt": ""} == {**found, "prompt": ""}
    assert stored(work) == 8


def test_all_tasks_of_the_world_by_one_path(work: Path):
    found = told(evaluate("--count", "3", "--json", "--no-mlflow", "--out", "out"))
    assert set(found) == {"rows"}
    assert {row["task"] for row in found["rows"]} >= WORLD_TASKS
    assert all(set(row) == KEYS and row["n"] == 3 for row in found["rows"])
    assert all(row["metrics"][row["primary"]]["value"] is not None for row in found["rows"])
    assert json.loads((work / "out/result.json").read_text()) == found
    prompts = ["--prompt", "out/prompts", "--out", "again", "--json", "--no-mlflow"]
    before = stored(work)
    again = told(evaluate("--count", "3", *prompts))
    assert stored(work) == before
    assert [r["metrics"] for r in again["rows"]] == [r["metrics"] for r in found["rows"]]
    assert (work / "out/per_image/keypoint.csv").is_file()


def test_one_prompt_run_per_task_in_mlflow(work: Path):
    from mlflow import MlflowClient

    found = told(pairs("--out", "out", "--json"))
    client = MlflowClient(f"sqlite:///{work / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("painterkit")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_id == found["run_id"]
    assert run.info.status == "FINISHED"
    assert run.data.tags["painterkit.kind"] == "prompt"
    assert run.data.params["prompt_digest"] == Prompt.load(found["prompt"]).digest
    assert run.data.params["split"] == "test"
    for name, metric in found["metrics"].items():
        assert math.isclose(run.data.metrics[f"depth/{name}"], metric["value"])
        assert math.isclose(run.data.metrics[f"depth/{name}_ci_low"], metric["ci_low"])
    files = work / "mlartifacts" / found["run_id"] / "artifacts"
    table = json.loads((files / "per_image.json").read_text())
    assert len(table["data"]) == 8
    pictures = {p.name.split("+")[0] for p in (files / "images").glob("*.png")}
    assert {f"query_{i:02d}_{w}" for i in range(4) for w in ("input", "painted", "truth")} <= (
        pictures
    )
    again = told(pairs("--out", "out", "--json", "--resume"))
    assert again == found
    assert len(client.search_runs([experiment.experiment_id])) == 1


KILLED = """
import itertools, sys, time
from painter_kit.inference.predictor import Predictor
paint = Predictor.pictures

calls = itertools.count(1)

def slowly(self, *args):
    painted = paint(self, *args)
    print("painted", flush=True)
    time.sleep(600 if next(calls) == 3 else 0.3)
    return painted

Predictor.pictures = slowly
from painter_kit.cli.main import cli
from painter_kit.data import base
from painter_kit.data.builtin import BuiltinData
cli(sys.argv[1:])
"""


def test_a_killed_run_goes_on_where_it_was(work: Path):
    args = ["evaluate", "--task", "depth", "--data", "folder:pairs", "--split", "pool"]
    args += [*SMALL, "--no-mlflow", "--out", "out", "--keep-predictions"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, *args], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for _ in range(3):
            assert process.stdout.readline() == "painted\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    before = stored(work)
    assert before in (4, 8)  # the second block may still be measured
    kept = work / "out/predictions/depth/pictures"
    old = {path: path.stat().st_mtime_ns for path in kept.glob("*.png")}
    assert len(old) >= before
    assert not (work / "out/result.json").exists()

    time.sleep(0.01)
    resumed = CliRunner().invoke(
        cli, ["evaluate", "--resume", "--out", "out", "--json", "--no-mlflow", "--device", "cpu"]
    )
    found = told(resumed)
    assert (found["n"], found["split"], stored(work)) == (16, "pool", 16)
    assert len(list(kept.glob("*.png"))) == 16
    touched = [path for path, then in old.items() if path.stat().st_mtime_ns != then]
    assert len(touched) <= len(old) - before  # no more than the batch in flight
    whole = told(pairs("--split", "pool", "--json", "--no-mlflow", "--store", "other"))
    assert whole["metrics"] == found["metrics"]


def test_a_broken_picture_in_the_middle_is_named_and_the_rest_stays(work: Path):
    names = [row["id"] for row in _images(work)]
    path = work / "pairs/images" / f"{names[5]}.png"
    path.write_bytes(path.read_bytes()[:400])
    (work / ".painterkit").rename(work / "before")
    result = pairs("--out", "out", "--no-mlflow")
    assert result.exit_code == 2
    assert f"pairs/images/{names[5]}.png cannot be read" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert stored(work) == 4
    make_pairs(work / "whole", 40)
    path.write_bytes((work / "whole/images" / path.name).read_bytes())
    assert pairs("--out", "out", "--resume", "--no-mlflow").exit_code == 0
    assert stored(work) == 8


def _images(work: Path) -> list[dict[str, str]]:
    assert pairs("--out", "first", "--no-mlflow").exit_code == 0
    return rows_of(work / "first/per_image/depth.csv")


def test_predictions_and_painted_pictures_are_kept(work: Path):
    args = ["--no-mlflow", "--out", "out", "--keep-predictions", "--keep-painted"]
    found = told(pairs(*args, "--json"))
    folder = work / "out/predictions/depth"
    errors = []
    for row in rows_of(work / "out/per_image/depth.csv"):
        with Image.open(folder / "pictures" / f"{row['id']}.png") as picture:
            depth = np.asarray(picture, np.float64) / 1000
        with Image.open(work / "pairs/targets" / f"{row['id']}.png") as picture:
            truth = np.asarray(picture, np.float64) / 1000
        errors.append(np.sqrt(np.mean((np.clip(depth, 1e-3, 10) - truth) ** 2)))
        with Image.open(folder / "painted" / f"{row['id']}.png") as picture:
            assert (picture.mode, picture.size) == ("RGB", (48, 40))
    assert math.isclose(np.mean(errors), found["metrics"]["rmse"]["value"], rel_tol=1e-5)
    other = pairs(*args, "--resume", "--prompt", "random:5")
    assert other.exit_code == 2
    assert "holds predictions of another prompt" in other.stderr
    assert pairs(*args, "--overwrite", "--prompt", "random:5").exit_code == 0


def test_protocols_are_switched_and_named(work: Path):
    plain = told(pairs("--json", "--no-mlflow"))
    args = ["--protocol", "min_m=1.0", "--protocol", "bin_centre=true", "--json", "--no-mlflow"]
    changed = told(pairs(*args))
    assert changed["metrics"] != plain["metrics"]
    assert stored(work) == 16
    saved = (work / "runs/evaluate-2/config.yaml").read_text()
    assert "- min_m=1.0\n- bin_centre=true\n" in saved


def test_tasks_take_the_switches_that_they_know():
    specs = {name: released_spec("d", name, ("a",)) for name in ("depth", "semantic")}
    taken = shared_switches(specs, ("void=true", "rounding=round"))
    assert taken == {"depth": ("rounding=round",), "semantic": ("void=true", "rounding=round")}
    with pytest.raises(InputError, match=r"keys of depth, semantic: .*bin_centre, .*void"):
        shared_switches(specs, ("sigma=1",))


def test_a_prompt_that_shows_a_test_picture_is_warned_of(work: Path):
    data, task = base.open_dataset("folder:pairs"), get_task("depth")
    example = make_split(data, "depth", "test")[2]
    Prompt(make_pair(task, data.spec("depth"), example), "depth").save(work / "own")
    result = pairs("--prompt", "own", "--no-mlflow", "--out", "own-out")
    assert result.exit_code == 0, result.stderr
    assert f"copies of the prompt's own picture and flatter it: {example.id} (a copy)" in (
        result.stderr
    )
    again = pairs("--prompt", "own", "--no-mlflow", "--out", "again")  # nothing is painted
    assert "flatter it" in again.stderr
    assert "flatter it" not in pairs("--no-mlflow", "--out", "other").stderr


def test_an_ensemble_is_evaluated_like_a_prompt_at_its_cost(work: Path):
    pair = ["--out", "out", "--no-mlflow", "--prompt", "random:1"]
    assert pairs(*pair).exit_code == 0
    assert pairs(*pair[:1], "two", "--no-mlflow", "--prompt", "random:2").exit_code == 0
    members = [Prompt.load(work / name / "prompts/depth") for name in ("out", "two")]
    for how in HOWS:
        EnsemblePrompt(tuple(members), how, provenance={"data": "folder:pairs"}).save(work / how)
        assert told(pairs("--plan", "--json", "--prompt", how))["forwards"] == (
            8 if how == "grid" else 16
        )
        found = told(pairs("--prompt", how, "--json", "--out", f"{how}-out"))
        assert (found["n"], found["task"]) == (8, "depth")
        kept = load_prompt(work / found["prompt"])
        assert isinstance(kept, EnsemblePrompt)
        assert (kept.how, len(kept.members)) == (how, 2)
    assert stored(work) == 5 * 8


def test_the_world_is_capped_and_real_data_are_not():
    assert EvaluateSettings().most == 128
    assert EvaluateSettings(data="world-unseen", count="all").most is None
    assert EvaluateSettings(data="coco").most is None
    assert EvaluateSettings(data="coco", count=7).most == 7
    with pytest.raises(ValueError, match="count must be at least 1"):
        EvaluateSettings(count=0)


@dataclass(frozen=True)
class Lone(BuiltinData):
    """Built-in pictures that are all for the test."""

    @property
    def sources(self) -> dict[str, str]:
        return {"test": "all"}


def open_lone(argument: str, root: Path | None) -> Lone:
    return Lone("lone")


def test_data_without_the_split_say_what_they_have(work: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(base._READERS, "lone", (__name__, "open_lone"))
    result = evaluate("--data", "lone", "--split", "confirm")
    assert result.exit_code == 2
    assert "--data lone has no split confirm; it has test" in result.stderr


def test_confirm_is_counted_in_the_prompt(work: Path):
    assert pairs("--split", "confirm", "--out", "out", "--no-mlflow").exit_code == 0
    assert Prompt.load(work / "out/prompts/depth").confirm_touches == 1


def nothing(work: Path) -> None:
    pass


def other_prompt(work: Path) -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    spec = released_spec("d", "denoise")
    Prompt(Pair(picture, picture, spec.coding), "denoise").save(work / "mine")


CASES: list[tuple[Callable[[Path], None], tuple[str, ...], str]] = [
    (nothing, ("--task", "dept"), "Did you mean 'depth'?"),
    (nothing, ("--data", "wrld"), "unknown data 'wrld'"),
    (nothing, ("--data", "builtin", "--task", "semantic"), "has no truth for 'semantic'"),
    (nothing, ("--data", "coco", "--task", "instance"), "--data coco needs --data-root"),
    (nothing, ("--data", "folder:gone"), "folder gone/images does not exist"),
    (nothing, ("--prompt", "gone"), "gone"),
    (nothing, ("--prompt", "released"), "has no released prompt"),
    (nothing, ("--prompt", "random:x"), "random:x"),
    (other_prompt, ("--prompt", "mine"), "is a prompt for denoise, not for --task depth"),
    (nothing, ("--data", "world", "--task", "all", "--prompt", "."), "one prompt per task"),
    (nothing, ("--protocol", "sigma=3"), "keys of depth: bin_centre, canvas, crop"),
    (nothing, ("--protocol", "rounding=up"), "one of truncate, round"),
    (nothing, ("--protocol", "canvas=33"), "multiple of the model's patches of 8"),
    (nothing, ("--checkpoint", "gone.pth"), "checkpoint 'gone.pth': no such file"),
    (nothing, ("--device", "cuda:77"), "--device cuda:77 cannot be used"),
    (nothing, ("--resume", "--out", "new"), "--resume: new holds no evaluate run"),
    (nothing, ("--out", "pairs"), "--out pairs is not empty"),
    (nothing, ("--set", "splt=test"), "did you mean split?"),
    (nothing, ("--set", "count=0"), "count must be at least 1"),
    (nothing, ("--split", "train"), "'train' is not one of"),
    (nothing, ("--count", "some"), "neither a whole number"),
]


@pytest.mark.parametrize(("harm", "args", "words"), CASES, ids=[c[2][:36] for c in CASES])
def test_bad_input_is_one_line_and_leaves_nothing(
    work: Path, harm: Callable[[Path], None], args: tuple[str, ...], words: str
):
    harm(work)
    before = sorted(work.rglob("*"))
    result = pairs(*args)
    assert result.exit_code == 2, result.output
    (line,) = (x for x in result.stderr.splitlines() if x.startswith("Error: "))
    assert words in line
    assert line == result.stderr.splitlines()[-1]
    assert result.stdout == ""
    assert sorted(work.rglob("*")) == before
