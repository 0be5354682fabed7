import time
from dataclasses import replace

import numpy as np

from painter_kit.evaluation.cost import Cost, Rate, cost_of, measure_throughput
from painter_kit.evaluation.pool import pool_prompt
from painter_kit.tasks.base import make_pair
from tests.toys import (
    BOTH,
    BOTH_SPEC,
    PARTS,
    SPEC,
    TOY,
    Listed,
    ToyPainter,
    make_example,
    registered,
)


def viewed(counts: list[int]) -> Listed:
    """Examples with so many views."""
    picture = np.zeros((2, 2, 3), np.uint8)
    return Listed(
        [replace(make_example(f"e{i}", 0), views=(picture,) * n) for i, n in enumerate(counts)]
    )


TASK = replace(TOY, views=lambda example, spec: example.views)


def test_one_forward_per_picture_without_looking():
    examples = viewed([1] * 20)
    assert cost_of(TOY, SPEC, examples) == Cost(20, 20)
    assert str(cost_of(TOY, SPEC, examples)) == "20 pictures, 20 forwards"
    assert examples.loads == {}


def test_few_views_are_counted():
    assert cost_of(TASK, SPEC, viewed([3, 0, 2])) == Cost(3, 5)
    assert cost_of(TASK, SPEC, viewed([])) == Cost(0, 0)


def test_many_views_are_extrapolated_from_a_few_examples_all_over_the_set():
    examples = viewed([2] * 40 + [4] * 40)
    found = cost_of(TASK, SPEC, examples)
    assert found == Cost(80, 240, exact=False)
    assert str(found) == "80 pictures, about 240 forwards"
    assert len(examples.loads) == 8
    assert max(int(name[1:]) for name in examples.loads) >= 70


def test_parts_add_up():
    with registered():
        assert cost_of(BOTH, BOTH_SPEC, viewed([1] * 5)) == Cost(5, 5 * len(PARTS))


def test_time_at_a_pace():
    assert Rate(20.0).seconds(100) == 5
    assert Rate(20.0, devices=4).seconds(100) == 1.25
    assert [Rate(1.0).time(n) for n in (12, 600, 36_000)] == ["12.0 s", "10.0 min", "10.0 h"]
    assert str(Rate(20.0)) == "20 forwards/s measured here"
    assert str(Rate(0.5, 8, measured=False)) == "8 devices of 0.5 forwards/s as given"


def slow(prompt, images, spec):
    time.sleep(0.01)
    return ToyPainter()(prompt, images, spec)


def toy_prompt(quality: int = 100):
    example = make_example("prompt", quality)
    return pool_prompt(TOY, SPEC, example, make_pair(TOY, SPEC, example))


def test_the_pace_is_that_of_full_batches():
    examples = Listed([make_example(f"e{i}", 0) for i in range(20)])
    painter = ToyPainter()
    found = measure_throughput(TOY, SPEC, toy_prompt(), examples, painter, 8)
    assert found > 0
    assert [len(call) for call in painter.calls] == [8, 8, 8]  # one to warm up, two timed
    assert set(examples.loads) == {f"e{i}" for i in range(8)}
    assert 100 < measure_throughput(TOY, SPEC, toy_prompt(), examples, slow, 8) < 800


def test_the_pace_of_few_examples_counts_what_is_asked():
    few = Listed([make_example(f"e{i}", 0) for i in range(2)])
    assert measure_throughput(TOY, SPEC, toy_prompt(), few, slow, 8) < 200
