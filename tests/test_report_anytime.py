import math

import pytest

from painter_kit.report.anytime import Course, Moment, anytime_chart, courses, regret
from painter_kit.report.runs import Scored
from tests.test_report_figures import svg_words

CELLS = [
    *(Scored("a", f"i{k}", score) for k, score in enumerate([1.0, 2.0, 3.0, 4.0])),
    *(Scored("b", f"i{k}", score) for k, score in enumerate([2.0, 3.0])),
    *(Scored("c", f"i{k}", score) for k, score in enumerate([0.0, 0.0])),
]
DECISIONS = [
    {"event": "start", "panel": ["c"]},
    {"event": "rung", "cells": 6, "images": 2, "kept": ["b", "a"],
     "scores": {"a": 1.5, "b": 2.5, "c": 0.0}},
    {"event": "rung", "cells": 8, "images": 4, "kept": ["a"], "scores": {"a": 2.5, "d": None}},
    {"event": "winner", "id": "a", "metric": {"a": 2.5}},
]  # fmt: skip


def test_who_led_when_and_how_far_from_the_winner():
    (course,) = courses(DECISIONS, CELLS)
    assert course.name == ""
    assert course.moments == [Moment(6, "b", 2, 2.5, -1.0), Moment(8, "a", 4, 2.5, 0.0)]


def test_a_challenger_that_is_worse_does_not_take_the_lead():
    later = {"event": "rung", "cells": 9, "images": 4, "kept": [], "scores": {"b": 1.0}}
    (course,) = courses([*DECISIONS[:3], later, DECISIONS[3]], CELLS)
    assert [moment.leader for moment in course.moments] == ["b", "a", "a"]


def test_parts_and_rounds_are_races_of_their_own():
    own = [{**d, "part": part, "round": n} for part, n in (("x", 0), ("x", 1)) for d in DECISIONS]
    cells = [cell._replace(part="x", round=n) for n in (0, 1) for cell in CELLS]
    assert [course.name for course in courses(own, cells)] == ["x, round 0", "x, round 1"]
    assert courses(own, CELLS) == []  # cells of no race


def test_nothing_to_draw_without_a_race():
    assert courses([{"event": "start"}, {"event": "winner", "id": "a"}], CELLS) == []
    assert courses(DECISIONS, []) == []


def test_regret_needs_common_images():
    assert regret(CELLS, "a", "b") == pytest.approx(-1)
    assert math.isnan(regret(CELLS, "a", "unknown"))


def test_chart_names_its_axes():
    moments = [Moment(6, "b", 2, 2.5, -1.0), Moment(8, "a", 4, 2.5, 0.0)]
    assert "regret" in svg_words(anytime_chart(Course("", moments)))
