"""Anytime regret curves of all contenders, one row of panels per matrix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    for row, (matrix, by_contender) in zip(axes, curves.items(), strict=True):
        for axis, (name, label) in zip(row, AXES.items(), strict=True):
            _draw(axis, name, by_contender)
            axis.set_title(matrix, fontsize=9)
            axis.set_ylabel(label, fontsize=8)
    axes[-1, 0].set_xlabel("forwards, % of exhaustive")
    axes[-1, 1].set_xlabel("forwards, % of exhaustive")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _draw(axis: Any, name: str, curves: Mapping[str, Regrets]) -> None:
    """One panel; a curve ends where nothing more was spent."""
    for contender, regrets in curves.items():
        low, middle, high = regrets.band(name)
        shown = regrets.spent.max() * 1.05 >= GRID
        x = 100 * GRID[shown]
        (line,) = axis.step(x, middle[shown], where="post", label=contender, lw=1.3)
        color = line.get_color()
        axis.fill_between(x, low[shown], high[shown], step="post", color=color, alpha=0.08, lw=0)
        axis.plot(x[-1:], middle[shown][-1:], "o", color=color, ms=3)
    axis.set_xscale("log")
    axis.axhline(0, color="black", lw=0.5)
    axis.grid(alpha=0.2)
