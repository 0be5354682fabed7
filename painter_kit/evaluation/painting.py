"""Everything that the examples of a task need painted: their pictures, views and parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import tee
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from painter_kit.inference.ensemble import WholePrompt
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.tasks.base import Task, task_parts
from painter_kit.types import Example, Image, Painted, Spec

Floats: TypeAlias = npt.NDArray[np.float32]
Paint: TypeAlias = Callable[[WholePrompt, list[Image], Spec[Any]], Floats]
Predict: TypeAlias = Callable[[list[Image], Spec[Any]], Floats]


def paint_examples(
    task: Task,
    spec: Spec[Any],
    prompt: AnyPrompt,
    examples: Iterable[Example],
    paint: Paint,
    batch_size: int,
) -> Iterator[tuple[Example, Painted]]:
    """Each example with what ``task.decode`` takes, in order.

    ``paint(prompt, images, spec)`` is always given ``batch_size`` pictures (the last ones are
    repeated) and returns float32 (n, S, S, 3), 0..1 and not clipped. At most one batch and one
    example are held. ``spec`` carries the prompt's coding (``prompt.effective``).
    """
    if task.parts and not isinstance(prompt, PartedPrompt):
        raise TypeError(f"task {task.name} needs a prompt for each of {', '.join(task.parts)}")

    def predict(images: list[Image], part: Spec[Any]) -> Floats:
        if isinstance(prompt, PartedPrompt):
            return paint(prompt.of(part), images, part)
        return paint(prompt, images, part)

    return predict_examples(task, spec, examples, predict, batch_size)


def predict_examples(
    task: Task, spec: Spec[Any], examples: Iterable[Example], predict: Predict, batch_size: int
) -> Iterator[tuple[Example, Painted]]:
    """``paint_examples`` by a callable that needs no prompt: ``predict(images, spec)``.

    ``spec`` is that of the part for a task with parts.
    """
    if task.parts:
        streams = [
            predict_examples(part, own, copy, predict, batch_size)
            for (_, part, own), copy in zip(
                task_parts(task, spec), tee(examples, len(task.parts)), strict=True
            )
        ]
        for rows in zip(*streams, strict=True):
            yield rows[0][0], dict(zip(task.parts, (row[1] for row in rows), strict=True))
        return
    wanted: deque[tuple[Example, int]] = deque()  # examples under way and how many views each has
    images: list[Image] = []
    painted: list[Floats] = []
    for example in examples:
        views = [example.image] if task.views is None else list(task.views(example, spec))
        wanted.append((example, len(views)))
        images += views
        while len(images) >= batch_size:
            painted += _checked(predict(images[:batch_size], spec), batch_size)
            del images[:batch_size]
        yield from _finished(task, wanted, painted)
    if images:
        filled = images + [images[-1]] * (batch_size - len(images))
        painted += _checked(predict(filled, spec), batch_size)[: len(images)]
    yield from _finished(task, wanted, painted)


def pictures_of(task: Task, spec: Spec[Any], example: Example) -> int:
    """How many pictures are painted for one example, over all parts and views."""
    if task.parts:
        return sum(pictures_of(part, own, example) for _, part, own in task_parts(task, spec))
    return 1 if task.views is None else len(task.views(example, spec))


def has_views(task: Task, spec: Spec[Any]) -> bool:
    """Whether the number of pictures depends on the example."""
    parts = task_parts(task, spec)
    return task.views is not None or any(has_views(part, own) for _, part, own in parts)


def _checked(outputs: Floats, count: int) -> list[Floats]:
    if len(outputs) != count:
        raise ValueError(f"predict must return {count} outputs but returned {len(outputs)}")
    return list(outputs)


def _finished(
    task: Task, wanted: deque[tuple[Example, int]], painted: list[Floats]
) -> Iterator[tuple[Example, Painted]]:
    """The leading examples whose views are all painted; they leave both lists."""
    while wanted and wanted[0][1] <= len(painted):
        example, count = wanted.popleft()
        outputs = painted[:count]
        del painted[:count]
        yield example, outputs[0] if task.views is None else _stack(outputs)


def _stack(outputs: list[Floats]) -> Floats:
    """float32 (V, S, S, 3); (0, 0, 0, 3) for an example without views."""
    return np.stack(outputs) if outputs else np.zeros((0, 0, 0, 3), np.float32)
