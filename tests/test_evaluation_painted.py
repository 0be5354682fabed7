"""Painted outputs as pictures of the example's size."""

from dataclasses import replace

import numpy as np

from painter_kit.data.base import open_dataset
from painter_kit.evaluation.painted import painted_pictures, whole_output
from painter_kit.tasks.base import get_task

WORLD, DEPTH = open_dataset("world-shifted"), get_task("depth")
SPEC = WORLD.spec("depth")
EXAMPLES = [WORLD.examples("depth", "test")[i] for i in range(1)]


def test_every_part_has_its_picture():
    task, spec = get_task("panoptic"), WORLD.spec("panoptic")
    example = replace(EXAMPLES[0], image=EXAMPLES[0].image.repeat(2, axis=1))
    side = spec.part("semantic").canvas
    painted = {
        name: np.full((side, side, 3), value)
        for name, value in (("semantic", 0.2), ("instance", 2.0))
    }
    shown = painted_pictures(task, spec, example, painted)
    assert list(shown) == ["painted_semantic", "painted_instance"]
    assert {p.shape for p in shown.values()} == {example.image.shape}
    assert set(np.unique(shown["painted_semantic"])) == {51}
    assert set(np.unique(shown["painted_instance"])) == {255}  # clipped


def test_views_are_shown_as_painted_or_as_what_was_found_in_crops():
    example, output = EXAMPLES[0], np.ones((2, 64, 64, 3), np.float32)
    viewed = replace(DEPTH, views=lambda e, s: (e.image, e.image[:, ::-1]))
    np.testing.assert_array_equal(whole_output(viewed, SPEC, example, output), output[0])
    cropped = replace(DEPTH, views=lambda e, s: (e.image[:32],))
    assert whole_output(cropped, SPEC, example, output[:1]) is None
    assert whole_output(replace(DEPTH, views=lambda e, s: ()), SPEC, example, output[:0]) is None
    single = output[0]
    assert whole_output(DEPTH, SPEC, example, single) is single
