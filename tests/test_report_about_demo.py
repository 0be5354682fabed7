import json
from pathlib import Path

from painter_kit.report.about_demo import demo_runs, demo_table
from painter_kit.report.document import Chart, Limits, Number, Table
from painter_kit.report.runs import RunFolder
from tests.report_toys import search_result

CONTENDER = {"value": 0.5, "gain": 0.1, "ci_low": -0.1, "ci_high": 0.3}
ROW = {
    "task": "depth",
    "data": "world",
    "metric": "rmse",
    "direction": "min",
    "n": 8,
    "random": {"mean": 0.6, "sd": 0.05},
    "searched": CONTENDER,
    "learned": {**CONTENDER, "value": 0.4, "gain": 0.2},
}


def test_a_row_per_prompt():
    table, chart = demo_table(RunFolder(Path("demo"), "demo", {}, {"rows": [ROW]}, {}))
    assert isinstance(table, Table)
    assert isinstance(chart, Chart)
    assert [cells[2] for cells in table.rows] == [Number(0.6), Number(0.5), Number(0.4)]
    assert table.rows[2][3:] == (Number(0.2, signed=True), Limits(-0.1, 0.3, signed=True))
    assert "lower is better" in table.caption


def test_search_and_tuning_of_every_data(tmp_path: Path):
    for folder in ("search", "tune"):
        (tmp_path / "world" / folder).mkdir(parents=True)
        (tmp_path / "world" / folder / "result.json").write_text(json.dumps(search_result()))
    runs = demo_runs(RunFolder(tmp_path, "demo", {}, {"rows": [ROW]}, {}, version="7"))
    assert [(run.verb, run.path.name, run.version) for run in runs] == [
        ("search-prompt", "search", "7"),
        ("tune-prompt", "tune", "7"),
    ]
