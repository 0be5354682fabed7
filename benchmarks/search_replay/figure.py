"""Anytime regret curves of all contenders, one row of panels per matrix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search_replay.regret import GRID, Regrets
from painter_kit.files import atomic

AXES = {
    "select": "select: regret / (best - pool mean)",
    "test": "test: (exhaustive - chosen) / prompt sd",
}


def draw_curves(path: Path, curves: Mapping[str, Mapping[str, Regrets]]) -> None:
    """PNG of ``curves[matrix][contender]``: medians as lines, 10 to 90 % as bands."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.2 * len(curves)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(curves), 2, squeeze=False)
    names = list(dict.fromkeys(name for by_contender in curves.values() for name in by_contender))
    colors = {name: f"C{index}" for index, name in enumerate(names)}
    lines: dict[str, Any] = {}
    for row, (matrix, by_contender) in zip(axes, curves.items(), strict=True):
        for axis, (name, label) in zip(row, AXES.items(), strict=True):
            lines.update(_draw(axis, name, by_contender, colors))
            axis.set_title(matrix, fontsize=9)
            axis.set_ylabel(label, fontsize=8)
    axes[-1, 0].set_xlabel("forwards, % of exhaustive")
    axes[-1, 1].set_xlabel("forwards, % of exhaustive")
    place: dict[str, Any] = {"loc": "outside lower center", "ncols": 4, "fontsize": 8}
    figure.legend([lines[name] for name in names], names, **place)
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _draw(
    axis: Any, name: str, curves: Mapping[str, Regrets], colors: Mapping[str, str]
) -> dict[str, Any]:
    """One panel; a curve ends where nobody has spent more. Returns the line of each contender."""
    lines = {}
    for contender, regrets in curves.items():
        low, middle, high = regrets.band(name)
        shown = slice(int(np.searchsorted(GRID, regrets.spent.max())) + 1)
        x, color = 100 * GRID[shown], colors[contender]
        (lines[contender],) = axis.step(x, middle[shown], where="post", color=color, lw=1.3)
        axis.fill_between(x, low[shown], high[shown], step="post", color=color, alpha=0.08, lw=0)
        axis.plot(x[-1:], middle[shown][-1:], "o", color=color, ms=3)
    axis.set_xscale("log")
    axis.axhline(0, color="black", lw=0.5)
    axis.grid(alpha=0.2)
    return lines
