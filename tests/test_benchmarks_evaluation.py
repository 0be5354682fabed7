"""An evaluation as JSON, rows and words."""

from dataclasses import replace

import pytest

from benchmarks.comparable import RELEASED_PARAMETERS, Setting
from benchmarks.evaluation import Evaluation, markdown, summary_cells
from painter_kit.data.specs import class_spec, depth_spec
from painter_kit.evaluation.intervals import Interval

NAN = float("nan")
SETTING = Setting(
    spec=depth_spec("nyuv2"),
    split="test",
    n=654,
    available=654,
    checkpoint="painter_vit_large.pth",
    parameters=RELEASED_PARAMETERS,
    precision="fp32",
    prompt_kind="released",
)
METRICS = {
    "abs_rel": Interval(0.0801, 0.075, 0.085),
    "rmse": Interval(0.2884, 0.281, 0.296),
    "d1": Interval(0.9502, NAN, NAN),
}
DEPTH = Evaluation(SETTING, METRICS, "abc", "out/prompts/depth", "run")
CLASSES = replace(
    SETTING, spec=class_spec("ade20k", "semantic", ("a",)), n=20, available=2000, precision="bf16"
)
SEMANTIC = Evaluation(CLASSES, {"miou": Interval(0.4994, 0.4, 0.6)}, "abc", "p")


def test_json_has_the_fixed_names():
    assert DEPTH.to_json() == {
        "task": "depth",
        "data": "nyuv2",
        "split": "test",
        "checkpoint": "painter_vit_large.pth",
        "model_digest": "abc",
        "prompt": "out/prompts/depth",
        "n": 654,
        "primary": "rmse",
        "direction": "min",
        "metrics": {
            "abs_rel": {"value": 0.0801, "ci_low": 0.075, "ci_high": 0.085},
            "rmse": {"value": 0.2884, "ci_low": 0.281, "ci_high": 0.296},
            "d1": {"value": 0.9502, "ci_low": None, "ci_high": None},
        },
        "comparable": True,
        "why": [],
        "run_id": "run",
    }
    found = SEMANTIC.to_json()
    assert not found["comparable"]
    assert found["why"] == ["20 of 2000 test pictures", "precision bf16, not fp32"]
    assert (found["run_id"], SEMANTIC.with_run("x").to_json()["run_id"]) == (None, "x")


def test_the_primary_metric_comes_first_and_is_marked():
    first, second, third = DEPTH.metric_cells()
    assert first == {
        "metric": "rmse (m, lower is better) *",
        "value": "0.2884",
        "95 % interval": "0.281, 0.296",
    }
    assert second["metric"] == "abs_rel"
    assert third["95 % interval"] == ""


def test_published_rows_stand_beside_in_the_papers_units():
    own, *rows = DEPTH.published_cells()
    assert own == {
        "": "this run (released prompt)",
        "RMSE": "0.288 [0.281, 0.296]",
        "A.Rel": "0.080 [0.075, 0.085]",
        "delta1": "0.950",
        "comparable": "",
    }
    named = {str(row[""]): row for row in rows}
    readme = named["released weights (README)"]
    assert (readme["RMSE"], readme["comparable"]) == ("0.288", "yes")
    random = named["random prompts (Table 3)"]
    assert random["comparable"] == "no: the prompt is of kind released, not random"
    assert named["separate training (Table 2)"]["RMSE"] == "0.327"
    assert named["Unified-IO (Table 1)"]["A.Rel"] == "-"


def test_percentages_and_common_reasons_are_said_once():
    own, *rows = SEMANTIC.published_cells()
    assert own["mIoU"] == "49.9 [40.0, 60.0]"
    assert {row["comparable"] for row in rows} == {
        "no",
        *(
            f"no: the prompt is of kind released, not {k}"
            for k in ("random", "searched", "learned")
        ),
    }
    assert SEMANTIC.verdict == "not comparable: 20 of 2000 test pictures; precision bf16, not fp32"
    assert DEPTH.verdict.startswith("comparable")


def test_nothing_is_published_for_the_world():
    spec = replace(depth_spec("world"))
    world = replace(DEPTH, setting=replace(SETTING, spec=spec, n=8, available=2000))
    assert world.published_cells() == []
    assert world.title == (
        "depth on world: 8 of 2000 pictures of test, released prompt, painter_vit_large.pth"
    )
    assert {row["source"] for row in world.records()} == {"this run"}


def test_records_hold_every_number():
    rows = SEMANTIC.records()
    own, *published = rows
    assert (own["value"], own["ci_low"], own["unit"], own["primary"]) == (
        pytest.approx(49.94),
        pytest.approx(40),
        "%",
        True,
    )
    assert len(published) == 7
    assert all(row["comparable"] is False for row in published)
    assert "20 of 2000" in str(published[0]["why"])
    assert len({tuple(row) for row in rows}) == 1  # the same columns throughout
    depth = {r["metric"]: r for r in DEPTH.records() if r["source"] == "this run"}
    assert (depth["d1"]["ci_low"], depth["rmse"]["unit"], depth["d1"]["unit"]) == (None, "m", "")


def test_the_page_has_a_summary_and_a_section_each():
    page = markdown([DEPTH, SEMANTIC])
    assert page.startswith("| task | data | metric |")
    assert page.count("\n## ") == 2
    assert "| released weights (README) | 0.288 | 0.080 | 0.950 | yes |" in page
    assert "Not comparable: 20 of 2000 test pictures; precision bf16, not fp32." in page
    assert not markdown([DEPTH]).startswith("| task")


def test_summary_rows():
    depth, semantic = summary_cells([DEPTH, SEMANTIC])
    assert (depth["metric"], depth["comparable"]) == ("rmse (m, lower is better)", "yes")
    assert (semantic["value"], semantic["n"], semantic["comparable"]) == ("0.4994", 20, "no")
