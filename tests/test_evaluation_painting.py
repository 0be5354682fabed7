from dataclasses import replace

import numpy as np
import pytest

from painter_kit.evaluation.painting import paint_examples, predict_examples
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks import base
from painter_kit.tasks.base import make_pair
from painter_kit.types import Example, Spec
from tests.toys import SPEC, TOY, make_example


def example(name: str, views: int) -> Example:
    made = make_example(name, 0, level=int(name))
    crops = tuple(np.full((2, 2, 3), int(name) + i, np.uint8) for i in range(views))
    return replace(made, views=crops)


EXAMPLES = [example(str(10 * i), i % 3) for i in range(1, 8)]
VIEWED = replace(TOY, views=lambda example, spec: example.views)


def first_bytes(images: list[np.ndarray], spec: Spec) -> np.ndarray:
    return np.array([np.full((2, 2, 3), image[0, 0, 0], np.float32) for image in images])


@pytest.mark.parametrize("batch", [1, 2, 4, 50])
def test_every_example_gets_its_own_views(batch: int):
    sizes: list[int] = []

    def predict(images: list[np.ndarray], spec: Spec) -> np.ndarray:
        sizes.append(len(images))
        return first_bytes(images, spec)

    found = list(predict_examples(VIEWED, SPEC, iter(EXAMPLES), predict, batch))
    assert [e.id for e, _ in found] == [e.id for e in EXAMPLES]
    for one, painted in found:
        assert [p[0, 0, 0] for p in painted] == [v[0, 0, 0] for v in one.views]
    assert set(sizes) == {batch}


def test_parts_are_painted_under_their_own_prompts_and_specs(monkeypatch: pytest.MonkeyPatch):
    for name in ("toy", "toy-two"):
        monkeypatch.setitem(base._registered, name, replace(TOY, name=name))
    parts = (("a", SPEC), ("b", replace(SPEC, task="toy-two", canvas=3)))
    spec, task = replace(SPEC, task="whole", parts=parts), replace(TOY, parts=("a", "b"))
    prompts = {
        name: Prompt(make_pair(TOY, SPEC, make_example(name, q)), part.task)
        for q, (name, part) in enumerate(parts)
    }
    asked = []

    def paint(prompt: Prompt, images: list[np.ndarray], part: Spec) -> np.ndarray:
        asked.append((prompt.digest, part.canvas, len(images)))
        return first_bytes(images, part)

    parted = PartedPrompt(prompts, "whole")
    found = list(paint_examples(task, spec, parted, EXAMPLES, paint, 4))
    assert set(asked) == {(prompts["a"].digest, 2, 4), (prompts["b"].digest, 3, 4)}
    assert [(e.id, *(int(p[0, 0, 0]) for p in painted.values())) for e, painted in found] == [
        (e.id, int(e.id), int(e.id)) for e in EXAMPLES
    ]
    with pytest.raises(TypeError, match="a prompt for each of a, b"):
        list(paint_examples(task, spec, prompts["a"], EXAMPLES, paint, 4))
