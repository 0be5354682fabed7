"""Which stages there are."""

import pytest

from benchmarks.speed.extent import QUICK, Extent
from benchmarks.speed.run import Measured, stages
from painter_kit.errors import InputError


def test_what_is_not_asked_for_is_no_stage():
    bare = Extent((("world-tiny", 2),), prompts=0, sides=(), pools=())
    assert [told for told, _ in stages(bare, "none", 1)] == [
        "peak of the machine",
        "world-tiny, batch 2: 5 rounds",
    ]


def test_every_measurement_has_a_quick_form():
    told = [told for told, _ in stages(QUICK, "world-tiny", 1)]
    assert told[-3:] == [
        "depth: 1 prompts on 4 pictures",
        "exhaustive search for depth among 4",
        "halving search for depth among 4",
    ]


def test_unknown_models_are_named_first():
    with pytest.raises(InputError, match="unknown model 'x'"):
        next(stages(Extent((("world-tiny", 1), ("x", 1))), "world-tiny", 1))


def test_rows_of_one_title_are_one_table():
    measured = Measured()
    for number in (1, 2):
        measured.add("Forward", [{"a": number}])
    assert measured.tables == {"Forward": [{"a": 1}, {"a": 2}]}
