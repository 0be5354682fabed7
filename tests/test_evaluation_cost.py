from dataclasses import replace

import numpy as np

from painter_kit.evaluation.cost import Cost, cost_of
from tests.toys import BOTH, BOTH_SPEC, PARTS, SPEC, TOY, Listed, make_example, registered


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
