"""``painterkit demo`` in small, with random weights."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from painter_kit.cli.main import cli
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import save_painter
from painter_kit.tracking import start_tracking
from tests.cli_toys import TINY

SMALL = ("pool=4", "select=4", "confirm=4", "test=4", "batch=4", "search.panel=3",
         "search.resamples=100", "tune.panel=3", "tune.steps=2", "tune.batch=2",
         "tune.evaluate_every=1", "tune.resamples=100")  # fmt: skip


@pytest.fixture
def work(mlflow_here: Path) -> Path:
    save_painter(TINY.build(), TINY, mlflow_here / "tiny.safetensors")
    return mlflow_here


def demo(*args: str) -> Result:
    sets = [part for item in SMALL for part in ("--set", item)]
    command = ["demo", "--checkpoint", "tiny.safetensors", "--device", "cpu", *sets]
    return CliRunner().invoke(cli, [*command, *args])


def test_the_loop_in_the_terminal_on_disk_and_in_mlflow(work: Path):
    result = demo("--out", "out", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout.splitlines()[-1])
    assert result.stdout.count("\n") == 1
    assert [row["data"] for row in told["rows"]] == ["world", "world-shifted"]
    assert {row["n"] for row in told["rows"]} == {4}
    for data in ("world", "world-shifted"):
        assert Prompt.load(work / "out" / data / "search" / "prompt").kind == "searched"
        assert Prompt.load(work / "out" / data / "tune" / "learned").kind == "learned"
        assert (work / "out" / data / "queries.png").is_file()
    assert json.loads((work / "out" / "result.json").read_text()) == {
        "rows": told["rows"],
        "run_ids": told["run_ids"],
    }
    tracking = start_tracking()
    runs = tracking.client.search_runs([tracking.experiment_id])  # pyright: ignore
    assert {run.info.run_id for run in runs} == set(told["run_ids"])
    kinds = sorted(run.data.tags["painterkit.kind"] for run in runs)
    assert kinds == ["prompt"] * 6 + ["search"] * 2 + ["tune"] * 2
    prompts = [run for run in runs if run.data.tags["painterkit.kind"] == "prompt"]
    assert len({run.data.tags["group"] for run in prompts}) == 2
    assert {run.data.params["prompt_kind"] for run in prompts} == {"random", "searched", "learned"}
    assert all("depth/rmse" in run.data.metrics for run in prompts)
    assert "painterkit ui" in result.stderr
    check_tracked(tracking.client, runs)


def check_tracked(client: Any, runs: Sequence[Any]) -> None:
    """Every run has its data and a description; those of prompts have the same keys."""
    prompts = [run for run in runs if run.data.tags["painterkit.kind"] == "prompt"]
    roles = {tag.value for run in runs for given in run.inputs.dataset_inputs for tag in given.tags}
    assert roles == {"pool", "select", "confirm", "test"}
    assert all("| learned |" in run.data.tags["mlflow.note.content"] for run in runs)
    assert len({frozenset(run.data.params) for run in prompts}) == 1
    plain = [{k for k in run.data.metrics if k.count("_ci_") == 0} for run in prompts]
    assert all({"depth/rmse", "depth/d1", "depth/abs_rel"} <= keys for keys in plain)
    for run in prompts:
        names = {file.path for file in client.list_artifacts(run.info.run_id)}
        assert names == {"images", "table_images", "per_image.json"}


@pytest.mark.usefixtures("work")
def test_plan_and_repetition():
    plan = demo("--plan")
    assert plan.exit_code == 0
    assert "search among 4 candidates" in plan.stdout
    assert demo("--no-mlflow", "--out", "one").exit_code == 0
    again = demo("--no-mlflow", "--out", "two")
    assert again.exit_code == 0
    assert "0 new" in again.stdout
    assert demo("--no-mlflow", "--out", "two").exit_code == 2
