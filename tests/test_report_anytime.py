import math

from painter_kit.report.anytime import (
    Course,
    Moment,
    anytime_chart,
    by_candidate,
    courses,
    panel_means,
)
from painter_kit.report.runs import Scored
from tests.test_report_figures import svg_words

CELLS = [
    *(Scored("a", f"i{k}", score) for k, score in enumerate([1.0, 2.0, 3.0, 4.0])),
    *(Scored("b", f"i{k}", score) for k, score in enumerate([2.0, 3.0])),
    *(Scored("c", f"i{k}", score) for k, score in enumerate([0.0, 1.0, 2.0, 2.0])),
]
DECISIONS = [
    {"event": "start", "panel": ["c"], "select": ["i0", "i1", "i2", "i3"]},
    {"event": "rung", "cells": 6, "images": 2, "kept": ["b", "a"],
     "scores": {"a": 1.5, "b": 2.5, "c": 0.0}},
    {"event": "rung", "cells": 8, "images": 4, "kept": ["a"], "scores": {"a": 2.5, "d": None}},
    {"event": "winner", "id": "a", "metric": {"a": 2.5}},
]  # fmt: skip


def test_who_led_when_and_how_far_from_the_winner():
    (course,) = courses(DECISIONS, CELLS)
    assert course.name == ""
    assert course.moments == [
        Moment(6, "b", 2, 2.0, -1.0),  # 2 and 3 against the panel's 0 and 1
        Moment(8, "a", 4, 1.25, 0.0),
    ]


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
    assert courses([DECISIONS[0], DECISIONS[-1]], CELLS) == []
    assert courses(DECISIONS, []) == []


def test_without_common_images_nothing_is_known():
    far = [cell for cell in CELLS if cell.candidate != "b"] + [Scored("b", "other", 9.0)]
    (course,) = courses(DECISIONS, far)
    assert math.isnan(course.moments[0].regret)
    assert math.isnan(course.moments[0].estimate)


def test_the_panel_is_averaged_image_by_image():
    cells = [Scored("a", "i", 1.0), Scored("b", "i", 2.0), Scored("b", "j", 5.0)]
    assert panel_means(by_candidate(cells), ["a", "b", "unknown"]) == {"i": 1.5, "j": 5.0}


def test_chart_names_its_axes():
    moments = [Moment(6, "b", 2, 2.5, -1.0), Moment(8, "a", 4, 2.5, 0.0)]
    assert "regret" in svg_words(anytime_chart(Course("", moments)))
