import json
import math
from pathlib import Path

from painter_kit.report.runs import RunFolder
from painter_kit.report.series import final_metrics, finite, series
from tests import report_toys
from tests.report_toys import search_result

made = report_toys.made


def test_final_numbers(tmp_path: Path):
    row = search_result()
    confirm = {"value": 0.6, "ci_low": 0.5, "ci_high": None}
    values = final_metrics(RunFolder(tmp_path, "search-prompt", {}, row, {}), row, confirm)
    assert values["depth/rmse"] == 0.6
    assert values["depth/rmse_ci_low"] == 0.5
    assert "depth/rmse_ci_high" not in values
    assert (values["gain/value"], values["gain/p_value"], values["forwards/new"]) == (0.1, 0.01, 10)
    tuned = final_metrics(RunFolder(tmp_path, "tune-prompt", {}, row, {}), row, confirm)
    assert "forwards/new" not in tuned


def test_races_by_part_and_round(tmp_path: Path):
    rungs = [
        {"event": "rung", "cells": 4, "images": 2, "scores": {"a": 1.0, "b": None}},
        {"event": "rung", "cells": 9, "images": 4, "scores": {"a": 2.0}, "part": "x", "round": 1},
    ]
    lines = "\n".join(json.dumps(d) for d in [{"event": "start"}, *rungs])
    (tmp_path / "decisions.jsonl").write_text(lines)
    assert list(series(RunFolder(tmp_path, "search-prompt", {}, {}, {}))) == [
        ({"search/candidates": 2.0, "search/images": 2.0, "search/best_score": 1.0}, 4),
        ({"search/x/1/candidates": 1.0, "search/x/1/images": 4.0, "search/x/1/best_score": 2.0}, 9),
    ]


def test_lessons(made: report_toys.Made, tmp_path: Path):
    points = list(series(made.run("tuned")))
    losses = [values["tune/loss"] for values, _ in points if "tune/loss" in values]
    assert len(losses) == made.run("tuned").rows[0]["steps"]
    assert [step for values, step in points if "tune/select_rmse" in values] == [0, 1, 2]
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "losses.csv").write_text("step,loss\n1,0.5\n2,nan\n")
    (tmp_path / "instance" / "snapshots.csv").write_text("step,ap,loss,prompt\n0,0.25,0.7,x\n")
    found = list(series(RunFolder(tmp_path, "tune-prompt", {}, {}, {})))
    on_select = {"tune/instance/select_ap": 0.25, "tune/instance/select_loss": 0.7}
    named = [({"tune/instance/loss": 0.5}, 1), ({}, 2), (on_select, 0)]
    assert found == named


def test_only_finite_numbers():
    assert finite({"a": 1, "b": math.nan, "c": None, "d": "x", "e": math.inf}) == {"a": 1.0}
