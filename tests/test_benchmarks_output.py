"""Tables in Markdown and CSV."""

from pathlib import Path

import pandas as pd

from benchmarks.output import markdown_table, write_csv

ROWS = [{"task": "depth", "value": 1.5}, {"task": "semantic", "value": float("nan")}]


def test_a_table_has_a_line_per_row():
    assert markdown_table(ROWS).splitlines() == [
        "| task | value |",
        "| --- | --- |",
        "| depth | 1.5 |",
        "| semantic | - |",
    ]
    assert markdown_table([]) == "(nothing)"
    assert markdown_table([{"a": "x|y"}]).splitlines()[-1] == "| x/y |"


def test_csv_gives_the_numbers_back(tmp_path: Path):
    write_csv(tmp_path / "a" / "rows.csv", ROWS)
    found = pd.read_csv(tmp_path / "a" / "rows.csv")
    assert list(found.columns) == ["task", "value"]
    assert found["value"][0] == 1.5
    assert found["value"].isna().tolist() == [False, True]
