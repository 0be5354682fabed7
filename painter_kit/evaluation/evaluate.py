"""From painted outputs to Records and numbers; knows no model, only a predict callable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.evaluation.painting import Predict, predict_examples
from painter_kit.tasks.base import Task, decode_example
from painter_kit.types import Example, Painted, Record, Spec


def measure_painted(task: Task, spec: Spec[Any], painted: Painted, example: Example) -> Record:
    """The Record of what was painted for one example, at the size of its picture."""
    return task.measure(decode_example(task, spec, painted, example), example.truth, spec)


def evaluate(
    task: Task,
    spec: Spec[Any],
    examples: Iterable[Example],
    predict: Predict,
    batch_size: int = 8,
) -> list[Record]:
    """Records of ``examples``, in order.

    ``predict(images, spec)`` takes ``batch_size`` pictures and returns float32 (n, S, S, 3); its
    spec is that of the part for a task with parts. Pictures and outputs are held for one batch
    at a time. ``spec`` carries the prompt's coding.
    """
    painted = predict_examples(task, spec, examples, predict, batch_size)
    return [measure_painted(task, spec, output, example) for example, output in painted]


def orientation(spec: Spec[Any]) -> int:
    """1 when more of the primary metric is better, -1 when less is."""
    return 1 if spec.direction == "max" else -1


def primary(task: Task, spec: Spec[Any], records: Sequence[Record]) -> float:
    """The primary metric of these Records, in its own unit and direction."""
    return float(task.summarise(records, spec)[spec.metric])


def scores(task: Task, records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): each Record's contribution to the primary metric, higher is better.

    A score that is not a number (the model painted none) becomes minus infinity, the worst.
    """
    return np.nan_to_num(task.score(records, reference), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
