"""The figure of a benchmark: spread of random prompts, best of k, optimised prompts, controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.abilities.contrast import metric_label
from benchmarks.suites.run import PartResult, SuiteResult
from benchmarks.suites.tables import label, rows_of
from painter_kit.files import atomic

_COLOURS = {"searched": "C1", "learned": "C2", "released": "C4"}
_MOST = 12  # panels


def draw_curves(path: Path, result: SuiteResult) -> None:
    """PNG with a panel per part: every random prompt as a dot at k = 1, the best of k as a line
    with its 95 % band, searched, learned and released prompts as lines, controls as dotted ones."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = rows_of(result)[:_MOST]
    columns = min(4, len(rows))
    lines = -(-len(rows) // columns)
    figure = Figure(figsize=(3.4 * columns, 3.0 * lines + 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    handles: dict[str, Any] = {}
    for axis, row in zip(axes, rows, strict=False):
        handles |= _draw(axis, row)
        axis.set_title(label(result, row), fontsize=9)
        axis.set_ylabel(metric_label(row.figures.spec, row.figures.spec.metric), fontsize=7)
        axis.tick_params(labelsize=7)
    for axis in axes[len(rows) :]:
        axis.set_visible(False)
    place: dict[str, Any] = {"loc": "outside lower center", "ncols": 4, "fontsize": 7}
    figure.legend(list(handles.values()), list(handles), **place)
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _draw(axis: Any, row: PartResult) -> dict[str, Any]:
    found = row.figures
    handles = {}
    handles["random prompts"] = axis.plot(
        [1] * len(found.values), found.values, "o", color="C0", ms=3, alpha=0.5
    )[0]
    if found.best_of:
        sizes = list(found.best_of)
        values = list(found.best_of.values())
        (handles["best of k"],) = axis.plot(sizes, [v.value for v in values], "-", color="C0")
        low, high = [v.low for v in values], [v.high for v in values]
        axis.fill_between(sizes, low, high, color="C0", alpha=0.12, lw=0)
        axis.set_xscale("log", base=2)
        axis.set_xticks(sizes, [str(k) for k in sizes])
    optimised = (row.on_held or found).kinds
    for kind, colour in _COLOURS.items():
        if kind in optimised:
            value = optimised[kind]
            handles[kind] = axis.axhline(value.value, color=colour, lw=1.2)
            axis.axhspan(value.low, value.high, color=colour, alpha=0.08, lw=0)
    controls = [k for k in found.kinds if k not in _COLOURS and k != "random"]
    for number, kind in enumerate(controls):
        handles[kind] = axis.axhline(
            found.kinds[kind].value, color=f"C{5 + number}", ls=":", lw=1.0
        )
    axis.set_xlabel("k random prompts", fontsize=7)
    axis.grid(alpha=0.2)
    return handles
