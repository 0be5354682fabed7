"""Rows of equal keys as a table for people and as a file for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from painter_kit.files import atomic

Rows = Sequence[Mapping[str, object]]


def markdown_table(rows: Rows) -> str:
    """A Markdown table whose columns are those of the first row.

    Numbers that are none are '-', and a bar in a cell becomes a slash.
    """
    if not rows:
        return "(nothing)"
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([_cell(row[h]) for h in heads] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "-"
    return str(value).replace("|", "/")


def write_csv(path: Path, rows: Rows) -> None:
    """The rows as CSV, whole or not at all."""
    import pandas as pd

    with atomic(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)
