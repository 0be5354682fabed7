"""Diagrams: how values flow through the toolkit, and what reads the four splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from painter_kit.evaluation.splits import SHARES
from painter_kit.report.figures import BLUE, GREEN, GREY, ORANGE, RED, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE, _HIGH = 1.34, 0.56  # of a box, in inches
_GAP = 0.66
_INK = "#1f2937"


@dataclass(frozen=True)
class Box:
    """One step: its name and what it does, at a column and a row."""

    name: str
    does: str
    column: int
    row: int

    @property
    def middle(self) -> tuple[float, float]:
        """Centre in inches."""
        x, y = self.column * (_WIDE + _GAP), 2.0 - self.row
        return 0.1 + _WIDE / 2 + x, 0.1 + _HIGH / 2 + y


STEPS = (
    Box("dataset", "reads files", 0, 0),
    Box("task.encode", "paints the truth", 1, 0),
    Box("Prompt", "an example pair", 2, 0),
    Box("canvas", "prompt over query", 3, 0),
    Box("Painter", "paints what is hidden", 3, 1),
    Box("task.decode", "reads the colours", 2, 1),
    Box("task.measure", "counts what is right", 1, 1),
    Box("Store", "keeps every Record", 1, 2),
    Box("decisions", "tables, MLflow, report", 2, 2),
)
# (from, to, what goes along)
FLOWS = (
    ("dataset", "task.encode", "Example"),
    ("task.encode", "Prompt", "Pair"),
    ("Prompt", "canvas", ""),
    ("canvas", "Painter", "tensors"),
    ("Painter", "task.decode", "colours"),
    ("task.decode", "task.measure", "prediction"),
    ("task.measure", "Store", "Record"),
    ("Store", "decisions", "Records"),
)
READERS = {
    "pool": ("candidates of a search,\npairs to learn from", BLUE),
    "select": ("judges candidates,\nchooses the winner", ORANGE),
    "confirm": ("what the winner gains,\nevery reading counted", GREEN),
    "test": ("evaluate, benchmark,\ndemo: never a choice", RED),
}


def flow() -> bytes:
    """SVG of ``STEPS`` and ``FLOWS``, with the query and its truth, which go their own way."""
    named = {box.name: box for box in STEPS}

    def paint(axes: Axes) -> None:
        _blank(axes, 7.5, 3.1)
        for box in STEPS:
            _box(axes, box)
        for start, end, what in FLOWS:
            _arrow(axes, named[start], named[end], what)
        x, y = named["dataset"].middle
        across, high = named["canvas"].middle[0], y + _HIGH / 2
        _line(axes, [(x, high), (x, high + 0.24), (across, high + 0.24), (across, high)])
        axes.text((x + across) / 2, high + 0.26, "query picture", ha="center", va="bottom")
        low, goal = y - _HIGH / 2, named["task.measure"].middle
        _line(axes, [(x, low), (x, goal[1]), (goal[0] - _WIDE / 2, goal[1])])
        axes.text(x + 0.06, (low + goal[1]) / 2, "truth", va="center")

    return draw(paint, height=3.1, width=7.5, ground="white")


def splits() -> bytes:
    """SVG of the four splits at the shares that folders are cut by, and what reads each."""

    def paint(axes: Axes) -> None:
        _blank(axes, 8.0, 1.15)
        left = 0.1
        for name, share in SHARES.items():
            does, colour = READERS[name]
            width = 7.8 * share
            bar = {"height": 0.5, "left": left, "align": "edge", "edgecolor": "white"}
            axes.barh(0.58, width, color=colour, **bar)
            place = left + width / 2
            axes.text(place, 0.83, f"{name}  {share:.0%}", ha="center", va="center", color="white")
            axes.text(place, 0.48, does, ha="center", va="top", fontsize=7.4, color=_INK)
            left += width

    return draw(paint, height=1.15, width=8.0, ground="white")


def _blank(axes: Axes, width: float, height: float) -> None:
    """No axes, one unit an inch."""
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.axis("off")


def _box(axes: Axes, box: Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = box.middle
    axes.add_patch(
        FancyBboxPatch(
            (x - _WIDE / 2, y - _HIGH / 2),
            _WIDE,
            _HIGH,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="#eef4ff",
            edgecolor=BLUE,
        )
    )
    axes.text(x, y + 0.1, box.name, ha="center", va="center", weight="bold", color=_INK)
    axes.text(x, y - 0.12, box.does, ha="center", va="center", fontsize=7.6, color=_INK)


def _arrow(axes: Axes, start: Box, end: Box, what: str) -> None:
    (x, y), (u, v) = start.middle, end.middle
    if y == v:
        side = _WIDE / 2 if u > x else -_WIDE / 2
        _line(axes, [(x + side, y), (u - side, v)])
        axes.text((x + u) / 2, y + 0.06, what, ha="center", va="bottom", fontsize=8)
    else:
        _line(axes, [(x, y - _HIGH / 2), (u, v + _HIGH / 2)])
        axes.text(x + 0.06, (y + v) / 2, what, va="center", fontsize=8)


def _line(axes: Axes, points: list[tuple[float, float]]) -> None:
    """A line through the points with an arrowhead at the last."""
    axes.plot(*zip(*points[:-1], strict=True), color=GREY, lw=1.4)
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", points[-1], points[-2], arrowprops=arrow)
