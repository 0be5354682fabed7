"""The whole command in small: rows, resuming, tables, picture and runs."""

import csv
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmarks.table3 import run as module
from benchmarks.table3.__main__ import choose_rows, main
from benchmarks.table3.picture import HEADS
from benchmarks.table3.run import ROWS
from painter_kit.errors import InputError
from painter_kit.inference.parted import load_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import save_painter
from painter_kit.tracking import start_tracking
from tests.cli_toys import TINY

SMALL = ("pool=4", "select=4", "confirm=4", "test=4", "batch=4", "search.panel=3",
         "search.resamples=100", "tune.steps=2", "tune.batch=2", "tune.evaluate_every=1",
         "tune.robustness=false")  # fmt: skip
TASKS = "world-shifted:foreground,panoptic"


@pytest.fixture
def work(mlflow_here: Path) -> Path:
    save_painter(TINY.build(), TINY, mlflow_here / "tiny.safetensors")
    return mlflow_here


def table3(work: Path, *args: str) -> int:
    sets = [part for item in SMALL for part in ("--set", item)]
    command = ["--out", str(work / "out"), "--checkpoint", "tiny.safetensors", *sets]
    return main([*command, *args])


def test_rows_become_tables_pictures_and_runs(work: Path, capsys: pytest.CaptureFixture[str]):
    assert table3(work, "--tasks", TASKS) == 1  # four images hold no bar
    out, told = work / "out", capsys.readouterr().out
    assert told.strip() == (out / "table3.md").read_text().strip()
    assert told.count("| foreground | world-shifted |") == 1
    with (out / "table3.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["task"], row["data"], row["n"]) for row in rows] == [
        ("foreground", "world-shifted", "4"),
        ("panoptic", "world", "4"),
    ]
    assert {row["verdict"] for row in rows} <= {"gain", "below the bar", "no evidence"}
    assert Prompt.load(out / "world-shifted-foreground/tune/learned").kind == "learned"
    assert load_prompt(out / "world-panoptic/search/prompt").kind == "searched"
    sheet = np.asarray(PIL.Image.open(out / "table3.png"))
    row = np.asarray(PIL.Image.open(out / "world-panoptic/row.png"))
    assert row.shape[1] == len(HEADS) * 32 + (len(HEADS) - 1) * 4
    assert sheet.shape[1] > 3 * row.shape[1]
    tracking = start_tracking()
    assert tracking.client is not None
    runs = tracking.client.search_runs([tracking.experiment_id])
    kinds = sorted(run.data.tags["painterkit.kind"] for run in runs)
    assert kinds == ["benchmark", *["search"] * 2, *["tune"] * 2]
    (run,) = [r for r in runs if r.data.tags["painterkit.kind"] == "benchmark"]
    assert run.data.metrics["world/panoptic/random"] == pytest.approx(float(rows[1]["random_mean"]))


def test_finished_rows_are_kept_and_others_refused(work: Path, monkeypatch):
    assert table3(work, "--tasks", "depth", "--no-mlflow") == 1
    first = json.loads((work / "out/world-depth/row.json").read_text())
    done: list[str] = []
    run_part = module.run_part

    def counted(model, judge, *rest):
        done.append(judge.task.name)
        return run_part(model, judge, *rest)

    monkeypatch.setattr(module, "run_part", counted)
    assert table3(work, "--tasks", "depth,world-shifted:depth", "--no-mlflow") == 1
    assert done == ["depth"]  # the shifted one alone
    assert json.loads((work / "out/world-depth/row.json").read_text()) == first
    assert table3(work, "--tasks", "depth", "--no-mlflow", "--set", "seed=1") == 2


def test_the_learned_prompt_is_the_raw_one_and_compared_with_the_searched(work: Path):
    assert table3(work, "--tasks", "enhance", "--no-mlflow") == 1
    row = json.loads((work / "out/world-enhance/row.json").read_text())
    over = row["learned_over_searched"]
    sign = 1 if row["direction"] == "max" else -1
    assert over["gain"] == pytest.approx(
        sign * (row["learned"]["value"] - row["searched"]["value"])
    )
    assert row["steps"] == 2
    assert row["wall_seconds"] > row["tune_seconds"] > 0
    assert row["chosen"] in ("random", "searched", "learned")


def test_rows_are_chosen_by_name():
    assert len(ROWS) == 13
    assert choose_rows("") == list(ROWS)
    assert choose_rows("depth, world-shifted:depth") == [
        ("world", "depth"),
        ("world-shifted", "depth"),
    ]
    with pytest.raises(InputError, match="--tasks world-shifted:denoise: not in the table; rows: "):
        choose_rows("world-shifted:denoise")
