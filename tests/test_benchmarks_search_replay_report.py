from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.search_replay.costs import Cost
from benchmarks.search_replay.coverage import Coverage
from benchmarks.search_replay.regret import GRID, Regrets
from benchmarks.search_replay.report import (
    cost_row,
    coverage_row,
    matrix_row,
    regret_bar,
    regret_row,
    text_table,
    write_tables,
)
from benchmarks.search_replay.synthetic import Synthetic

MATRIX = Synthetic("clear", 0.4, candidates=60, select=80, test=20).draw(0)
FAINT = Synthetic("faint", 0.03, candidates=60, select=80, test=20).draw(0)
SAME = Synthetic("same", 0, copies=True, candidates=60, select=80, test=20).draw(0)


def test_regret_in_a_row():
    select = np.where(GRID >= 0.04, 0.2, 1.0)[None].repeat(3, 0)
    test = np.array([0.0, 0.1, 0.4])[:, None].repeat(len(GRID), 1)
    row = regret_row(MATRIX, "halving", Regrets(select, test, np.array([0.05, 0.05, 0.08])))
    assert row["spent %"] == pytest.approx(6)
    assert (row["regret at 1%"], row["regret at 5%"], row["final regret"]) == (1, 0.2, 0.2)
    assert row["% to reach 0.25"] == pytest.approx(4, rel=0.13)
    assert row["% to reach 0.1"] == np.inf
    assert row["test regret / sd"] == 0.1
    assert "never" in text_table([row])
    # 1 down to 4 % of exhaustive, which is log(40) / log(1000) of the way, 0.2 from there on.
    assert row["area"] == pytest.approx(0.2 + 0.8 * np.log(40) / np.log(1000), abs=0.02)
    assert row["kept"] == "yes"
    worse = Regrets(select, test + 0.01, np.array([0.05, 0.05, 0.08]))
    assert regret_row(MATRIX, "halving", worse)["kept"] == "NO"
    assert regret_row(FAINT, "halving+certify", worse)["kept"] == "yes"  # the wider bar
    assert regret_row(MATRIX, "uniform allocation", worse)["kept"] == "-"


def test_matrices_say_whether_they_are_scored():
    assert regret_bar(MATRIX) == 0.1
    assert regret_bar(FAINT) == 0.3
    assert matrix_row(MATRIX)["bar"] == "0.1 sd"
    assert matrix_row(SAME)["bar"] == "prompts do not differ"
    assert matrix_row(MATRIX)["ratio"] == pytest.approx(0.4, abs=0.1)


def test_bars_are_said():
    coverage = Coverage("x", 400, 28, 27, 0.2, 0.9, 0.01)
    assert coverage_row(coverage)["kept"] == "NO"
    assert cost_row(Cost(512, 512, 13000, 10240, 128, 0.055, 0.09))["kept"] == "yes"


def test_tables_are_written_in_two_forms(tmp_path: Path):
    rows = [matrix_row(MATRIX), matrix_row(SAME)]
    write_tables(tmp_path, {"matrices": rows, "empty": []})
    frame = pd.read_csv(tmp_path / "matrices.csv")
    assert frame["prompt sd"][0] == MATRIX.components.prompt_sd
    text = (tmp_path / "report.md").read_text()
    assert "## matrices" in text
    assert text.count("\n| ") == 4
    assert "empty" not in text
    assert not (tmp_path / "empty.csv").exists()
