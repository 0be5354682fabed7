"""What the program makes of an example: everything between reading it and a figure."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.base import Dataset, open_dataset
from painter_kit.data.specs import with_canvas
from painter_kit.errors import InputError
from painter_kit.tasks.base import Task, decode_example, get_task, make_pair
from painter_kit.types import Example, Painted, Spec

SIDE = 32  # of the canvas, in pixels
MOST = 4  # examples of an input


def use_dataset(data: str, root: Path, task: str, subset: str) -> None:
    """Open, list and read a data set, and make pairs and Records of what it holds."""
    dataset: Dataset = open_dataset(data, root)
    solver, spec = get_task(task), with_canvas(dataset.spec(task), SIDE)
    examples = dataset.examples(task, subset)
    assert len(examples.ids) == len(examples.groups)
    for index in range(min(MOST, len(examples))):
        use_example(solver, spec, examples[index])


def use_example(task: Task, spec: Spec[Any], example: Example) -> None:
    """Digest and pair of one example, and the Record of a grey painting of it."""
    own = spec.with_coding(example.coding) if example.coding else spec
    assert len(example.digest) == 64
    if not task.parts and (task.views is None or "crop_scores" not in example.truth):
        make_pair(task, spec, example)
    painted = _grey(task, own, example)
    if painted is not None:
        prediction = decode_example(task, own, painted, example)
        record = task.measure(prediction, example.truth, own)
        with suppress(InputError):  # nothing in this picture counts
            task.summarise([record, record], own)


def _grey(task: Task, spec: Spec[Any], example: Example) -> Painted | None:
    if task.parts:
        return {name: _grey(get_task(p.task), p, example) for name, p in spec.parts}  # pyright: ignore
    count = len(task.views(example, spec)) if task.views else 0
    shape = (count, SIDE, SIDE, 3) if task.views else (SIDE, SIDE, 3)
    return np.full(shape, 0.5, np.float32)
