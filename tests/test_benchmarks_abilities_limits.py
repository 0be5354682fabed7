"""Sentences about what a model cannot do, from tables that say so or do not."""

from dataclasses import replace

import numpy as np

from benchmarks.abilities.bars import Bar
from benchmarks.abilities.contrast import Contrast, NoModel
from benchmarks.abilities.limits import limits
from benchmarks.abilities.shapes import ShapeRow
from benchmarks.abilities.switch import OWN_QUERY, SAME_QUERY
from painter_kit.evaluation.intervals import Interval
from painter_kit.training.switching import Switching
from tests.toys import SPEC


def interval(value: float) -> Interval:
    return Interval(value, value - 0.1, value + 0.1)


def row(ability: str, right: float, gain: float, over_plain: float = 1.0) -> Contrast:
    plain = NoModel("copy of the input", interval(0.25), interval(over_plain))
    other = "blank prompt", interval(0.5), interval(gain)
    return Contrast(ability, SPEC, 9, 4, interval(right), *other, plain)


def told(**tables) -> list[str]:
    return limits(
        **{"bars": [], "switching": {}, "reading": [], "unseen": [], "shapes": []} | tables
    )


def test_what_is_better_than_all_is_no_limit():
    assert told(unseen=[row("a", 0.3, 0.2)]) == []


def test_a_right_prompt_that_is_no_better_is_one():
    (text,) = told(unseen=[row("a", 0.3, 0.05)])
    assert text == (
        "a: no evidence that the right prompt is better than the blank prompt (error (u) 0.300 and "
        "0.500)."
    )


def test_no_model_is_named_once_and_as_it_is():
    even, worse = row("a", 0.3, 0.2, over_plain=0.05), row("b", 0.3, 0.2, over_plain=-0.2)
    first, second = told(unseen=[even, replace(even, against="other"), worse])
    assert first.startswith("a: no evidence of being better than an answer without a model, copy")
    assert second.startswith("b: worse than an answer without a model, copy of the input")
    assert second.endswith("(error (u) 0.300 and 0.250).")


def test_codings_are_set_side_by_side():
    values = {"base": 0.1, "random": 0.2, "reserved": 0.4}
    rows = [row(f"{SPEC.task}, {name} coding", value, 1) for name, value in values.items()]
    (text,) = told(reading=rows)
    assert text.startswith(f"{SPEC.task}, error (u): 0.100 in base coding, 0.200 in random coding")
    assert told(reading=[replace(r, spec=replace(SPEC, classes=("a",))) for r in rows]) == []


def test_shapes_are_told_with_and_without_the_room():
    sides = interval(0.7), interval(0.6), interval(0.5)
    (text,) = told(shapes=[ShapeRow("semantic, unseen", 9, 4, 6, 3.0, *sides)])
    assert text.startswith("semantic, unseen: mean IoU 0.500 of the shapes that the prompt shows")
    assert "0.600 of all shapes (0.700 with wall and floor)" in text


def test_naming_in_another_coding_is_set_against_the_base_coding():
    def naming(ability: str, shown: float) -> ShapeRow:
        return ShapeRow(ability, 9, 4, 6, 3.0, *map(interval, (0.7, 0.6, shown)))

    texts = told(shapes=[naming("semantic, base coding", 0.6), naming("semantic, other", 0.15)])
    assert "% of what" not in texts[0]
    assert (
        "0.150 of the shapes that the prompt shows, 25% of what it is in base coding," in texts[1]
    )


def test_a_coding_that_is_not_read_for_sure_is_one():
    texts = told(reading=[row(f"{SPEC.task}, random coding", 0.3, 0.05)])
    assert texts == [
        f"{SPEC.task}, random coding: no evidence that the right prompt is better than the blank "
        "prompt (error (u) 0.300 and 0.500)."
    ]


def test_restoration_that_often_makes_worse_is_one():
    bars = [Bar(n, "psnr", interval(20), 19, 9, worsened=w) for n, w in (("a", 0.04), ("b", 0.3))]
    (text,) = told(bars=bars)
    assert text.startswith("b: 30% of the pictures are painted worse than they were.")


def test_tasks_that_a_corrupted_picture_hides_are_listed():
    nearest = np.zeros((1, 20, 2), int)  # whatever is asked, the first task is painted
    found = Switching(("restoration", "depth"), nearest, tuple(map(str, range(20))))
    right = Switching(("restoration", "depth"), np.tile([0, 1], (1, 20, 1)), found.groups)
    assert told(switching={"Scenes": {OWN_QUERY: found, SAME_QUERY: right}}) == []
    (text,) = told(switching={"Scenes": {OWN_QUERY: right, SAME_QUERY: found}})
    assert text.startswith("Scenes, all prompts on the same corrupted picture: less than 95%")
    assert text.endswith("under prompts of depth 0%.")
