"""Charts are well-formed SVG, the same for the same numbers, and show every name and limit."""

import re
from xml.etree import ElementTree

import pytest

from painter_kit.report.figures import Line, bars, colour_bar, draw_row, forest, histogram


def svg_words(svg: bytes) -> str:
    """The texts of a chart: glyphs are paths, with the text in a comment before each."""
    ElementTree.fromstring(svg)
    return " ".join(re.findall(r"<!-- (.*?) -->", svg.decode()))


CHARTS = {
    "forest": lambda: forest([Line("one", 1.0, 0.5, 2.0, True), Line("two", 3.0)], "metric", True),
    "bars": lambda: bars({"one": (1.0, 0.5, 2.0), "two": (3.0, None, None)}, "metric"),
    "histogram": lambda: histogram([0.1, 0.2, 0.9], "metric", 0.4),
    "colours": lambda: colour_bar([(0, 0, 0), (255, 255, 255)], 2.0, "metric"),
    "row": lambda: draw_row([lambda axes: axes.set_xlabel("metric"), lambda axes: None]),
}


@pytest.mark.parametrize("name", CHARTS)
def test_well_formed_and_repeatable(name: str):
    svg = CHARTS[name]()
    assert "metric" in svg_words(svg)
    assert svg == CHARTS[name]()
    assert not re.search(rb'(href|src)="(?!#|data:)', svg)


def test_every_line_has_its_name_and_only_known_limits_are_drawn():
    def strokes(svg: bytes) -> int:
        return svg.count(b"stroke-width: 2.2")

    assert all(name in svg_words(CHARTS["forest"]()) for name in ("one", "two"))
    assert strokes(CHARTS["forest"]()) == 1
    assert strokes(forest([Line("one", 1.0), Line("two", 3.0)], "metric")) == 0
