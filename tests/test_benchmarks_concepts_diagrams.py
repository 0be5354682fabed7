"""The diagrams: whole, free of overlaps, and those of the documentation."""

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.concepts.diagrams import FLOWS, READERS, STEPS, flow, splits
from painter_kit.evaluation.splits import SHARES

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_every_step_is_reached_and_goes_on():
    names = [box.name for box in STEPS]
    assert len(set(names)) == len(names)
    starts, ends = {start for start, _, _ in FLOWS}, {end for _, end, _ in FLOWS}
    assert starts | ends == set(names)
    assert set(names) - ends == {"dataset"}
    assert set(names) - starts == {"decisions"}


def test_boxes_do_not_overlap_and_arrows_are_straight():
    places = {(box.column, box.row): box for box in STEPS}
    assert len(places) == len(STEPS)
    named = {box.name: box for box in STEPS}
    for start, end, _ in FLOWS:
        a, b = named[start], named[end]
        assert abs(a.column - b.column) + abs(a.row - b.row) == 1
    for a, b in combinations(STEPS, 2):
        assert a.middle != b.middle


def test_all_splits_have_readers():
    assert set(READERS) == set(SHARES)


@pytest.mark.parametrize(("draw", "name"), [(flow, "flow"), (splits, "splits")])
def test_the_documentation_has_this_diagram(draw: Callable[[], bytes], name: str):
    drawn, shown = draw().decode(), (DOCS / f"concepts-{name}.svg").read_text(encoding="utf-8")
    # Not byte for byte: another version of matplotlib may write a number differently.
    assert ElementTree.fromstring(drawn).get("viewBox") == ElementTree.fromstring(shown).get(
        "viewBox"
    )
    assert words(drawn) == words(shown) != []


def words(svg: str) -> list[str]:
    """The words of a diagram: matplotlib draws their outlines and leaves them in comments."""
    return re.findall(r"<!-- (.*?) -->", svg, re.DOTALL)
