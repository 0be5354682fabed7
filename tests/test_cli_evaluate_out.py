"""The files of an evaluation."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from benchmarks.comparable import Setting
from benchmarks.evaluation import Evaluation
from painter_kit.cli.evaluate import EvaluateSettings
from painter_kit.cli.evaluate_out import Output, as_csv, image_rows
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.intervals import Interval
from painter_kit.tasks.base import get_task
from painter_kit.types import Record, Subset

DATA = open_dataset("world")
DEPTH = get_task("depth")
SPEC = DATA.spec("depth")
EXAMPLES = Subset(DATA.examples("depth", "test"), (3, 5))
RECORDS = [
    DEPTH.measure(EXAMPLES[0].truth["depth_m"] + 0.5, EXAMPLES[0].truth, SPEC),
    Record(np.zeros(10)),
]


def evaluation(value: float = 0.5) -> Evaluation:
    setting = Setting(SPEC, "test", 2, 2000, "world-tiny", 1, "fp32", "random")
    return Evaluation(setting, {"rmse": Interval(value, 0.4, 0.6)}, "abc", "p", "run 1")


def add(output: Output, one: Evaluation) -> None:
    output.add(one, DEPTH, SPEC, EXAMPLES, RECORDS)


def test_every_picture_has_a_row_even_without_value():
    first, second = image_rows(DEPTH, SPEC, EXAMPLES, RECORDS)
    assert first["rmse"] == pytest.approx(0.5, abs=1e-5)
    assert (first["id"], first["group"], first["stratum"]) == ("test/000003", "test/000003", "")
    assert second == {"id": "test/000005", "group": "test/000005", "stratum": ""}


def test_csv_takes_the_columns_of_all_rows():
    text = as_csv([{"a": 1, "b": None}, {"a": float("nan"), "c": "x,y"}])
    assert list(csv.DictReader(StringIO(text))) == [
        {"a": "1", "b": "", "c": ""},
        {"a": "", "b": "", "c": "x,y"},
    ]


def test_tables_grow_with_every_task(tmp_path: Path):
    output = Output(tmp_path, EvaluateSettings())
    assert (tmp_path / "config.yaml").read_text().startswith("task: all\n")
    add(output, evaluation())
    add(output, evaluation(0.6))
    result = json.loads((tmp_path / "result.json").read_text())
    assert [row["metrics"]["rmse"]["value"] for row in result["rows"]] == [0.5, 0.6]
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 3
    assert (tmp_path / "table.md").read_text().count("## depth on world") == 2
    assert len((tmp_path / "per_image/depth.csv").read_text().splitlines()) == 3
    single = Output(tmp_path / "one", EvaluateSettings(task="depth"))
    add(single, evaluation())
    assert json.loads((tmp_path / "one/result.json").read_text())["task"] == "depth"


@pytest.mark.parametrize("task", ["all", "depth"])
def test_a_run_that_told_the_same_is_not_made_again(tmp_path: Path, task: str):
    settings = EvaluateSettings(task=task)
    add(Output(tmp_path, settings), evaluation())
    again = Output(tmp_path, settings, resumed=True)
    unreported = replace(evaluation(), run_id=None)
    assert again.known_run(unreported) == "run 1"
    assert again.known_run(evaluation(0.7)) is None
    assert Output(tmp_path, settings).known_run(unreported) is None
    (tmp_path / "result.json").write_text("[")
    assert Output(tmp_path, settings, resumed=True).known_run(unreported) is None
