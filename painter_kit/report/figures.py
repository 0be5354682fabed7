"""Charts as SVG: the same bytes for the same numbers, words as words of their own size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from painter_kit.report.document import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, RED, GREY = "#2563eb", "#ea8a0b", "#15803d", "#c62828", "#8a93a3"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "painterkit",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#667085",
    "axes.labelcolor": "#344054",
    "text.color": "#344054",
    "xtick.color": "#667085",
    "ytick.color": "#667085",
    "axes.grid": True,
    "grid.color": "#e6e9ef",
    "axes.axisbelow": True,
    "axes.facecolor": "none",
}


def draw(
    paint: Callable[[Axes], None], height: float = 2.6, width: float = WIDTH, ground: str = "none"
) -> bytes:
    """The SVG of one pair of axes that ``paint`` fills; sizes are in inches.

    ``ground`` is the colour behind it; without one a page's own is seen.
    """
    return draw_row([paint], height, width, ground)


def draw_row(
    paints: Sequence[Callable[[Axes], None]],
    height: float = 2.6,
    width: float = WIDTH,
    ground: str = "none",
) -> bytes:
    """The SVG of several pairs of axes side by side."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**_STYLE, "savefig.facecolor": ground}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        for paint, axes in zip(
            paints, figure.subplots(1, len(paints), squeeze=False)[0], strict=True
        ):
            paint(axes)
        file = BytesIO()
        figure.savefig(
            file, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    return file.getvalue()


@dataclass(frozen=True)
class Line:
    """A labelled value with its limits, which may be unknown; ``strong`` ones stand out."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    strong: bool = False


def forest(lines: Sequence[Line], axis: str, zero: bool = False) -> bytes:
    """Values and intervals one below the other, first on top; with ``zero`` a line at 0."""

    def paint(axes: Axes) -> None:
        if zero:
            axes.axvline(0, color=GREY, lw=1)
        for place, line in enumerate(lines):
            colour = BLUE if line.strong else GREY
            if line.low is not None and line.high is not None:
                axes.plot([line.low, line.high], [place, place], color=colour, lw=2.2)
            axes.plot([line.value], [place], "o", color=colour, ms=6)
        axes.set_yticks(range(len(lines)), [line.label for line in lines])
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xlabel(axis)
        axes.grid(axis="y", visible=False)

    return draw(paint, height=0.8 + 0.3 * len(lines))


def bars(values: Mapping[str, tuple[float, float | None, float | None]], axis: str) -> bytes:
    """Horizontal bars by name: (value, low, high), the limits as a thin line where known."""

    def paint(axes: Axes) -> None:
        for place, (value, low, high) in enumerate(values.values()):
            axes.barh(place, value, color=BLUE, height=0.55, alpha=0.85)
            if low is not None and high is not None:
                axes.plot([low, high], [place, place], color="#1f2937", lw=1.5)
        axes.set_yticks(range(len(values)), list(values))
        axes.invert_yaxis()
        axes.set_xlabel(axis)
        axes.grid(axis="y", visible=False)

    return draw(paint, height=0.8 + 0.36 * len(values))


def histogram(values: Sequence[float], axis: str, marked: float | None = None) -> bytes:
    """How many pictures have which value; ``marked`` is a line, the metric of all together."""

    def paint(axes: Axes) -> None:
        axes.hist(values, bins=min(30, max(6, len(values) // 4)), color=BLUE, alpha=0.85)
        if marked is not None:
            axes.axvline(marked, color=ORANGE, lw=2, label="of all pictures")
            axes.legend(frameon=False)
        axes.set_xlabel(axis)
        axes.set_ylabel("pictures")

    return draw(paint, height=2.2)


def colour_bar(colours: Sequence[tuple[int, int, int]], most: float, label: str) -> bytes:
    """A scale from 0 to ``most``, 3.2 inches wide: colours at equal distances, mixed between."""

    def paint(axes: Axes) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        shares = [[level / 255 for level in colour] for colour in colours]
        scale = LinearSegmentedColormap.from_list("errors", shares)
        row = [[step / 255 for step in range(256)]]
        axes.imshow(row, cmap=scale, aspect="auto", extent=(0.0, most, 0.0, 1.0))
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.set_xlabel(label)

    return draw(paint, height=0.62, width=3.2)
