"""Tables of a campaign: for reading, as CSV and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.output import markdown_table
from benchmarks.search_replay.contenders import CERTIFY, HALVING
from benchmarks.search_replay.costs import Cost
from benchmarks.search_replay.coverage import Coverage
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.regret import GOALS, SHARES, Regrets
from painter_kit.files import write_text

CLEAR_RATIO = 0.2
BARS = {True: 0.1, False: 0.3}  # test regret in prompt deviations, by whether the ratio is clear

BARRED = (HALVING, CERTIFY)
REPORT = "report.md"
LEGEND = (
    "Regret is (best - chosen) / (best - pool mean) on the select images, at shares of "
    "exhaustive; test regret is (exhaustive's choice - chosen) on the test images in prompt "
    "deviations. Best: how far the best candidate lies above the mean of all on select, in prompt "
    "deviations (about 3 of 512 with normal effects). Medians over seeds. Area: mean regret over "
    "the logarithm of what is spent, from 0.1 % of exhaustive on."
)

Row = Mapping[str, Any]


def regret_bar(matrix: Matrix) -> float:
    """Most that the median test regret may be, in prompt deviations."""
    return BARS[bool(matrix.ratio >= CLEAR_RATIO)]


def regret_row(matrix: Matrix, contender: str, regrets: Regrets) -> Row:
    """One line of the regret table: medians over seeds, costs in percent of exhaustive.

    Only the search's own strategies have a bar to keep to.
    """
    low, middle, high = np.quantile(regrets.test[:, -1], [0.1, 0.5, 0.9])
    return {
        "matrix": matrix.name,
        "strategy": contender,
        "spent %": 100 * float(regrets.spent.mean()),
        **{f"regret at {s:.0%}": float(np.median(regrets.at("select", s))) for s in SHARES},
        "final regret": float(np.median(regrets.select[:, -1])),
        "area": regrets.area,
        **{f"% to reach {goal}": 100 * regrets.reached(goal) for goal in GOALS},
        "test regret / sd": float(middle),
        "test 10 %": float(low),
        "test 90 %": float(high),
        "seeds": len(regrets.spent),
        "kept": _kept(float(middle), regret_bar(matrix)) if contender in BARRED else "-",
    }


def _kept(value: float, bar: float) -> str:
    return "yes" if value <= bar else "NO"


def matrix_row(matrix: Matrix) -> Row:
    """Variance components of a matrix and whether regret on it means anything."""
    found = matrix.components
    return {
        "matrix": matrix.name,
        "candidates": len(matrix.select),
        "select": matrix.select.shape[1],
        "test": matrix.test.shape[1],
        "prompt sd": found.prompt_sd,
        "low": found.prompt_sd_low,
        "high": found.prompt_sd_high,
        "image sd": found.image_sd,
        "interaction sd": found.interaction_sd,
        "ratio": matrix.ratio,
        "best / sd": matrix.headroom,
        "CPU s": matrix.about.get("cpu_seconds", "-"),
        "reused cells": matrix.about.get("reused", "-"),
        "bar": f"{regret_bar(matrix)} sd" if matrix.has_effect else "prompts do not differ",
    }


def coverage_row(coverage: Coverage) -> Row:
    """One line of the certificate's table."""
    return {
        "matrix": coverage.name,
        "replays": coverage.replays,
        "wrong": coverage.wrong,
        "allowed": coverage.allowed,
        "complete %": 100 * coverage.complete,
        "open gap / sd": coverage.epsilon,
        "spent %": 100 * coverage.spent,
        "kept": "yes" if coverage.passed else "NO",
    }


def cost_row(cost: Cost) -> Row:
    """One line of the cost table."""
    return {
        "candidates": cost.candidates,
        "images": cost.images,
        "select": cost.select,
        "select %": 100 * cost.select_share,
        "panel": cost.panel,
        "confirm": cost.confirm,
        "total %": 100 * cost.total_share,
        "kept": "yes" if cost.passed else "NO",
    }


def text_table(rows: Sequence[Row]) -> str:
    """Columns side by side, numbers to three digits."""
    return _frame(rows).map(_short).to_string(index=False)


def write_tables(folder: Path, tables: Mapping[str, Sequence[Row]]) -> None:
    """``<name>.csv`` with all digits for every table, and ``report.md`` with all of them."""
    parts = []
    for name, rows in tables.items():
        if rows:
            write_text(folder / f"{name}.csv", _frame(rows).to_csv(index=False))
            told = [{key: _short(value) for key, value in row.items()} for row in rows]
            parts.append(f"## {name}\n\n{markdown_table(told)}\n")
    write_text(folder / REPORT, "\n".join(parts))


def page(folder: Path) -> str:
    """The tables that were written last as a page of their own."""
    tables = (folder / REPORT).read_text(encoding="utf-8")
    return f"# Replayed searches\n\n{LEGEND}\n\n{tables}"


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame([dict(row) for row in rows])


def _short(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.3g}" if np.isfinite(value) else "never"
    return str(value)
