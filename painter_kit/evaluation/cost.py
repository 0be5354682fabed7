"""How many pictures have to be painted, before anything is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from painter_kit.evaluation.painting import Paint, has_views, paint_examples, pictures_of
from painter_kit.inference.parted import AnyPrompt
from painter_kit.tasks.base import Task, decode_example
from painter_kit.types import Examples, Spec

_LOOKED_AT = 8  # examples whose views are counted


@dataclass(frozen=True)
class Cost:
    """``forwards`` of the model for ``examples``; not ``exact`` where views were extrapolated."""

    examples: int
    forwards: int
    exact: bool = True

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        return f"{self.examples} pictures, {about}{self.forwards} forwards"


def cost_of(task: Task, spec: Spec[Any], examples: Examples) -> Cost:
    """Forwards of one prompt on ``examples``: one per picture, view and part.

    How many views there are is counted on a few examples, which are read, spread over the set.
    """
    count = len(examples)
    if not has_views(task, spec):
        return Cost(count, count * max(1, len(task.parts)))
    places = _spread(count)
    seen = sum(pictures_of(task, spec, examples[place]) for place in places)
    exact = len(places) == count
    return Cost(count, seen if exact else round(seen * count / len(places)), exact)


@dataclass(frozen=True)
class Rate:
    """Forwards per second of one of ``devices``; ``measured`` here or given by the user."""

    throughput: float
    devices: int = 1
    measured: bool = True

    def seconds(self, forwards: float) -> float:
        """How long so many forwards take."""
        return forwards / (self.devices * self.throughput)

    def time(self, forwards: float) -> str:
        """The same for people: seconds, minutes or hours."""
        seconds = self.seconds(forwards)
        if seconds < 100:
            return f"{seconds:.1f} s"
        return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"

    def __str__(self) -> str:
        devices = f"{self.devices} devices of " if self.devices > 1 else ""
        how = "measured here" if self.measured else "as given"
        return f"{devices}{self.throughput:.3g} forwards/s {how}"


def measure_throughput(
    task: Task,
    spec: Spec[Any],
    prompt: AnyPrompt,
    examples: Examples,
    paint: Paint,
    batch_size: int,
    batches: int = 2,
) -> float:
    """Forwards per second of painting, decoding and measuring the first batch of ``examples``.

    ``spec`` is that of the task; the prompt's own coding is used. A batch before those that are
    timed pays for what is set up once.
    """
    spec = prompt.effective(spec)
    shown = [examples[place] for place in range(min(len(examples), batch_size))]
    pictures = sum(pictures_of(task, spec, example) for example in shown)
    # Short batches are filled, which takes the time of a full one but counts for what is asked.
    times = []
    for _ in range(1 + batches):
        start = time.perf_counter()
        for example, painted in paint_examples(task, spec, prompt, shown, paint, batch_size):
            prediction = decode_example(task, spec, painted, example)
            task.measure(prediction, example.truth, spec)
        times.append(time.perf_counter() - start)
    return max(1, pictures) * batches / max(sum(times[1:]), 1e-9)


def _spread(count: int) -> Sequence[int]:
    looked = min(count, _LOOKED_AT)
    return [place * count // looked for place in range(looked)]
