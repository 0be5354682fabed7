"""The view of the run page that links name."""

import json
from pathlib import Path
from typing import Any

from painter_kit.tracking import start_tracking
from painter_kit.tracking.links import Latest
from painter_kit.tracking.views import VIEW, VIEW_TAG, keep_view, view_of

LATEST = Latest("demo 1", "depth", "depth/rmse", ("a", "b"))


def test_the_view_is_kept_in_the_place_of_the_last(mlflow_here: Path):
    opened = start_tracking()
    assert opened.client is not None
    for latest in (LATEST, Latest("demo 2", "depth", "depth/rmse", ())):
        assert keep_view(opened.client, opened.experiment_id, latest) == VIEW
    tags = opened.client.get_experiment(opened.experiment_id).tags
    assert json.loads(tags[VIEW_TAG])["searchFilter"].endswith("tags.`group` = 'demo 2'")


def test_columns_tell_the_prompts_apart():
    columns: Any = view_of(LATEST)["selectedColumns"]
    assert columns[0] == "params.`prompt_kind`"
    assert "metrics.`depth/rmse_ci_high`" in columns
    assert "metrics.`gain/value`" in columns


def test_every_chart_stands_in_a_section_that_is_there():
    view: Any = view_of(LATEST)
    charts, sections = view["compareRunCharts"], view["compareRunSections"]
    assert {c["metricSectionId"] for c in charts} == {s["uuid"] for s in sections}
    assert len({c["uuid"] for c in charts}) == len(charts)
    shown = [c for c in charts if not c["deleted"]]
    assert [c["type"] for c in shown] == ["IMAGE"] * 3 + ["BAR"] * 2 + ["PARALLEL"]
    assert shown[0]["imageKeys"] == [f"query_0{i}_painted" for i in range(4)]
    assert {c["metricKey"] for c in charts if c["type"] == "BAR" and not c["deleted"]} == {
        "depth/rmse",
        "gain/value",
    }
