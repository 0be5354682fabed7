"""Pictures: how many times as long as our path the others take, and how cost grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.speed.contest import OURS, Result, ratios
from painter_kit.files import atomic


def draw_ratios(path: Path, results: Mapping[str, Mapping[str, Result]]) -> None:
    """PNG of ``results[case][contestant]``, one group of bars per case, with the rounds' range."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1.2 + 0.8 * len(results)), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    names = list(dict.fromkeys(name for case in results.values() for name in case if name != OURS))
    height = 0.8 / max(1, len(names))
    for place, name in enumerate(names):
        for row, case in enumerate(results.values()):
            if name not in case:
                continue
            middle, least, most = ratios(case, name)
            bars = [[middle - least], [most - middle]]
            label = name if row == 0 else None
            y, color = row + place * height, f"C{place}"
            axis.barh(y, middle, height, xerr=bars, color=color, label=label, capsize=3)
    axis.axvline(1, color="black", lw=1)
    axis.set_yticks([row + 0.4 - height / 2 for row in range(len(results))], list(results))
    axis.invert_yaxis()
    axis.set_xlabel(f"CPU time of a forward, times that of {OURS}")
    axis.legend(fontsize=8)
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)


def draw_growth(path: Path, growth: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """PNG of CPU seconds against size, one panel of logarithmic axes for each of ``growth``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * len(growth), 2.8), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, (name, points) in zip(
        figure.subplots(1, len(growth), squeeze=False)[0], growth.items(), strict=True
    ):
        axis.loglog(*zip(*points, strict=True), marker="o")
        axis.set_xlabel(name)
        axis.set_ylabel("CPU s")
        axis.grid(alpha=0.3)
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)
