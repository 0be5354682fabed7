"""MLflow's pages in a headless Chromium: a small demonstration run shows what it should."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ui_pictures
from benchmarks.browser import chromium, open_page, serving
from painter_kit.errors import InputError
from painter_kit.keys import PER_IMAGE

KINDS = ui_pictures.KINDS


def missing() -> str:
    try:
        chromium()
    except InputError as error:
        return str(error)
    return ""


pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "none")]


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    root = Path(ui_pictures.__file__).resolve().parents[1]
    monkeypatch.setenv("PYTHONPATH", str(root), prepend=os.pathsep)
    with serving(ui_pictures.run_demo(tmp_path)) as found:
        yield found


def shown(page: Any) -> str:
    return page.inner_text("body")


def check_run_table_has_the_prompts_with_their_columns(page: Any, links: Mapping[str, str]):
    ui_pictures.show_runs(page, links)
    text = shown(page)
    assert "3 matching runs" in text
    for kind in KINDS:
        assert f"{kind} depth" in text
    for column in ("prompt_kind", "strategy", "split", "depth/rmse"):
        assert column in text


def check_image_grid_shows_all_prompts_side_by_side(page: Any, links: Mapping[str, str]):
    ui_pictures.show_charts(page, links)  # waits until every picture is loaded
    grid = page.get_by_text("query_00_painted").first
    row = grid.locator("xpath=ancestor::*[count(.//img)>=3][1]")
    sources = [image.get_attribute("src") for image in row.locator("img").all()][:3]
    assert len(set(sources)) == 3
    assert all(f"{kind} depth" in shown(page) for kind in KINDS)


def check_charts_have_bars_of_metric_and_gain(page: Any, links: Mapping[str, str]):
    ui_pictures.show_bars(page, links)
    text = shown(page)
    assert "depth/rmse" in text
    assert "depth/rmse_ci_low" not in text  # said by the table's columns
    assert page.locator(".plot-container, svg.main-svg").count() > 0


def check_tables_are_joined_image_by_image(page: Any, links: Mapping[str, str]):
    ui_pictures.show_images(page, links)
    text = shown(page)
    assert f"Table: {PER_IMAGE}" in text.replace("\n", " ").replace("Table:  ", "Table: ")
    assert "Compare: painted" in text.replace("\n", " ")


def check_compare_page_tells_what_differs(page: Any, links: Mapping[str, str]):
    ui_pictures.show_compare(page, links)
    text = shown(page)
    assert "Comparing 3 Runs from 1 Experiment" in text
    assert all(kind in text for kind in KINDS)
    assert "Parallel Coordinates Plot" in text


def check_run_page_describes_the_prompt_and_its_data(page: Any, links: Mapping[str, str]):
    ui_pictures.show_run(page, links)
    text = shown(page)
    assert "learned prompt for depth" in text
    assert "world" in text.partition("Datasets")[2]


def check_artefact_viewer_shows_the_table_with_pictures(page: Any, links: Mapping[str, str]):
    ui_pictures.show_artifacts(page, links)
    text = shown(page)
    assert all(column in text for column in ("id", "rmse", "input", "painted", "truth"))


# One test, so that demonstration, server and browser are started once, whoever shares the tests.
def test_pages_show_the_prompts(links: Mapping[str, str]):
    with open_page() as page:
        for check in CHECKS:
            check(page, links)


CHECKS = (
    check_run_table_has_the_prompts_with_their_columns,
    check_image_grid_shows_all_prompts_side_by_side,
    check_charts_have_bars_of_metric_and_gain,
    check_tables_are_joined_image_by_image,
    check_compare_page_tells_what_differs,
    check_run_page_describes_the_prompt_and_its_data,
    check_artefact_viewer_shows_the_table_with_pictures,
)
