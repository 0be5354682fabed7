import json
from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.report.build import build_report, most_forwards, name_of, overview
from painter_kit.report.document import Number, Table, Text
from painter_kit.report.html import html_page
from painter_kit.report.illustrated import Amounts
from painter_kit.report.markdown import markdown_page
from painter_kit.report.runs import RunFolder
from painter_kit.report.source import Access
from tests import report_toys
from tests.page_checks import checked
from tests.test_report_about_demo import ROW

made = report_toys.made
FEW = Amounts(first=1, worst=1, candidates=1)


def test_one_page_of_all_runs(made: report_toys.Made):
    runs = [made.run(name) for name in ("search", "tuned", "one")]
    report = build_report(runs, replace(made.access, repaint=True), FEW)
    assert report.missing == {}
    assert report.counts.missing == 0
    page = checked(html_page(report.document))
    assert page.words("h2") == [f"{run.path.name}: {name_of(run)}" for run in runs]
    exact = {attrs["title"] for attrs in page.all("td") if "title" in attrs}
    for row in (runs[0].rows[0], runs[1].rows[0]):
        assert {repr(row["gain"]["value"]), repr(row["winner"]["confirm"])} <= exact
    assert {repr(m["value"]) for m in runs[2].rows[0]["metrics"].values()} <= exact
    assert len(page.all("img")) > 20
    text = markdown_page(report.document)
    assert f"## {runs[0].path.name}:" in text.text

    again = build_report(runs, made.access, FEW)  # all that was painted has been kept
    assert again.counts.repainted == again.counts.missing == 0
    assert html_page(again.document) == html_page(report.document)


def test_one_run_has_its_sections_at_the_top(made: report_toys.Made):
    document = build_report([made.run("search")], made.access, FEW).document
    titles = [section.title for section in document.sections]
    assert (titles[0], titles[-1]) == ("Result", "Provenance")
    assert document.subtitle.endswith("search")


def test_what_is_missing_is_said_and_the_rest_is_there(made: report_toys.Made, tmp_path: Path):
    run = made.run("search")
    report = build_report([run], Access(store=tmp_path), FEW)
    (told,) = report.missing[str(run.path)]
    assert "give --store" in told
    notes = [block.text for block in report.document.head if isinstance(block, Text)]
    assert told in notes[0]
    page = checked(html_page(report.document))
    assert repr(run.rows[0]["gain"]["value"]) in {a.get("title") for a in page.all("td")}


def test_a_demo_with_its_searches_and_tunings(made: report_toys.Made, tmp_path: Path):
    """Folders as the demo leaves them, filled with runs that are there."""
    (tmp_path / "here").mkdir()
    for name, folder in (("search", "search"), ("tuned", "tune")):
        (tmp_path / "here" / folder).symlink_to(made.folder / name)
    result = {"rows": [{**ROW, "data": "here"}]}
    report = build_report([RunFolder(tmp_path, "demo", {}, result, {})], made.access, FEW)
    titles = [section.title for section in report.document.sections]
    assert titles == ["here: search-prompt", "here: tune-prompt", "Provenance"]
    assert isinstance(report.document.head[-2], Table)


def test_overview_leaves_out_gains_that_nobody_measured(made: report_toys.Made):
    evaluated = overview([made.run("one")])
    assert "gain" not in evaluated.heads
    both = overview([made.run("one"), made.run("search")])
    assert both.heads[-2] == "gain"
    value = made.run("search").rows[0]["gain"]["value"]
    assert both.rows[1][-2] == Number(value, signed=True)
    demo = overview([RunFolder(Path("d"), "demo", {}, {"rows": [ROW]}, {})])
    assert [cells[1] for cells in demo.rows] == ["demo, searched", "demo, learned"]


@pytest.mark.parametrize(("task", "most"), [("depth", 4), ("panoptic", 8)])
def test_forwards_at_most(tmp_path: Path, task: str, most: int):
    run = RunFolder(tmp_path, "search-prompt", {}, {"task": task}, {})
    assert most_forwards(run, FEW) == most


def test_names():
    rows = json.loads('[{"task": "a", "data": "x"}, {"task": "b", "data": "x"}]')
    run = RunFolder(Path("r"), "evaluate", {}, {"rows": rows * 2}, {})
    assert name_of(run) == "evaluation for a, b on x"
    many = [{"task": t, "data": "x"} for t in "abcd"]
    assert name_of(replace(run, result={"rows": many})) == "evaluation for 4 tasks on x"
