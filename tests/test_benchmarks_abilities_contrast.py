"""Means over prompts and their differences, on Records whose numbers are known."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.abilities.contrast import (
    Contrast,
    contrast,
    in_words,
    mean_interval,
    metric_label,
)
from painter_kit.evaluation.intervals import Interval
from painter_kit.types import Record
from tests.toys import SPEC, TOY


def records(errors: np.ndarray) -> list[list[Record]]:
    """One Record per prompt (rows) and picture (columns)."""
    return [[Record(np.array([1.0, e, e**2])) for e in row] for row in errors]


RNG = np.random.default_rng(0)
PICTURES = RNG.uniform(0, 1, 60)
RIGHT = PICTURES + RNG.normal(0, 0.02, (4, 60))
WRONG = PICTURES + 0.5 + RNG.normal(0, 0.02, (4, 60))
GROUPS = [str(i) for i in range(60)]


def test_a_mean_has_limits_from_pictures():
    found = mean_interval(TOY, SPEC, records(RIGHT), GROUPS, "error")
    assert found.value == pytest.approx(RIGHT.mean())
    # The standard error over pictures dominates.
    half = 1.96 * PICTURES.std(ddof=1) / 60**0.5
    assert found.high - found.value == pytest.approx(half, rel=0.3)
    assert found.value - found.low == pytest.approx(half, rel=0.3)


def test_a_difference_on_the_same_pictures_is_sharper_than_its_sides():
    right, other, gain = contrast(TOY, SPEC, records(RIGHT), records(WRONG), GROUPS)
    assert right.value == pytest.approx(RIGHT.mean())
    assert other.value == pytest.approx(WRONG.mean())
    # The error is smaller: better, hence positive.
    assert gain.value == pytest.approx(WRONG.mean() - RIGHT.mean())
    assert 0 < gain.low < gain.value < gain.high
    assert gain.high - gain.low < 0.2 * (right.high - right.low)


def test_prompts_that_differ_widen_the_interval():
    spread = RIGHT + np.array([-0.3, -0.1, 0.1, 0.3])[:, None]
    alike = mean_interval(TOY, SPEC, records(RIGHT), GROUPS, "error")
    apart = mean_interval(TOY, SPEC, records(spread), GROUPS, "error")
    assert apart.value == pytest.approx(alike.value, abs=1e-9)
    assert apart.high - apart.low > 2 * (alike.high - alike.low)


def test_direction_decides_the_sign():
    higher = replace(SPEC, direction="max")
    _, _, gain = contrast(TOY, higher, records(RIGHT), records(WRONG), GROUPS)
    assert gain.value == pytest.approx(RIGHT.mean() - WRONG.mean())


def test_rows_for_people_and_programs():
    sides = Interval(0.1, 0.0, 0.2), Interval(0.5, 0.4, float("nan")), Interval(0.4, 0.3, 0.5)
    row = Contrast("toy, new", SPEC, 60, 4, sides[0], "blank prompt", sides[1], sides[2])
    assert row.cells()["right prompt"] == "0.100 [0.000, 0.200]"
    assert row.cells()["metric"] == "error (u), lower is better"
    numbers = row.record()
    assert (numbers["right_value"], numbers["gain_ci_low"]) == (0.1, 0.3)
    assert numbers["other_ci_high"] is None
    assert (numbers["examples"], numbers["prompts"], numbers["against"]) == (60, 4, "blank prompt")


def test_a_unit_belongs_to_the_primary_metric():
    assert metric_label(SPEC, "square") == "square, lower is better"


def test_limits_that_are_unknown_are_called_so():
    assert in_words(Interval(0.5, 0.25, 0.75)) == "0.500 [0.250, 0.750]"
    assert in_words(Interval(0.5, float("nan"), float("nan"))) == "0.500 [unknown]"
