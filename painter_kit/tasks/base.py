"""What a task is: a frozen set of pure functions, and the table of known tasks."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.plugins import load_plugins
from painter_kit.types import (
    Example,
    Image,
    Painted,
    Pair,
    Record,
    SegmentChoice,
    SegmentType,
    Size,
    Spec,
    Truth,
)


@dataclass(frozen=True)
class Task:
    """Pure functions between ground truth, pictures and Records; no model, no files, no state.

    * ``encode(truth, spec, size)`` -> uint8 (H, W, 3): the ground truth as a picture.
    * ``weight(truth, spec, size)`` -> float32 (H, W, 3): where and how much the loss counts.
    * ``decode(painted, spec, size)`` -> prediction at ``size``, the truth's resolution.
      ``painted`` is float32 (S, S, 3) on the 0..1 scale, not clipped; (V, S, S, 3) for a task
      with ``views``, and a mapping from part to what its task takes for a task with ``parts``.
    * ``measure(prediction, truth, spec)`` -> Record of one example.
    * ``summarise(records, spec)`` -> the published metrics of any multiset of Records.
    * ``score(records, reference)`` -> float64 (n,): contribution of each example to the
      primary metric, higher is better, first-order at ``reference`` (a summed Record).
    * ``render(prediction, spec)`` -> uint8 (H, W, 3): the prediction as a picture for people.
    * ``parts``: names of the parts that are painted under a prompt each; ``spec.part(name).task``
      is the task of a part. ``encode`` of a task with parts shows its truth to people.
    * ``views(example, spec)`` -> the pictures to paint for one example; its image when None.
    * ``decode_example(painted, spec, example)`` -> prediction at the size of the example's
      picture, for a task whose views need to be put into their places; ``decode`` when None.
    * ``tells``: what the colours of a target depend on beside what is seen at a pixel, so that the
      painted picture alone cannot be edited: ``place`` (neither cropped nor mirrored), ``side``
      (left and right have colours of their own: not mirrored), or nothing.
    * ``segment_type``: which of SegGPT's type tokens says what its colours mean: ``semantic``, that
      of a class, or ``instance``, anything else, which the released command line takes by default.
    """

    name: str
    encode: Callable[[Truth, Spec[Any], Size], Image]
    weight: Callable[[Truth, Spec[Any], Size], npt.NDArray[np.float32]]
    decode: Callable[[Any, Spec[Any], Size], Any]
    measure: Callable[[Any, Truth, Spec[Any]], Record]
    summarise: Callable[[Sequence[Record], Spec[Any]], dict[str, float]]
    score: Callable[[Sequence[Record], Record], npt.NDArray[np.float64]]
    render: Callable[[Any, Spec[Any]], Image]
    parts: tuple[str, ...] = ()
    # summarise of many summed Records at once, values (R, D) of one stratum -> name -> (R,), NaN
    # where nothing counts. Optional: resampling then costs next to nothing.
    summarise_many: (
        Callable[[npt.NDArray[np.float64], Spec[Any]], dict[str, npt.NDArray[np.float64]]] | None
    ) = None
    # The same for Records with payloads: records, weights (R, n) that say how often each of them is
    # in each resample -> name -> (R,).
    summarise_resamples: (
        Callable[
            [Sequence[Record], npt.NDArray[np.number], Spec[Any]],
            dict[str, npt.NDArray[np.float64]],
        ]
        | None
    ) = None
    views: Callable[[Example, Spec[Any]], Sequence[Image]] | None = None
    decode_example: Callable[[Any, Spec[Any], Example], Any] | None = None
    tells: Literal["", "place", "side"] = ""
    segment_type: SegmentType = "instance"


# name -> module that holds it as TASKS[name]; modules are imported when a task is asked for.
_MODULES = {
    "depth": "depth",
    "semantic": "semantic",
    "coco-semantic": "semantic",
    "instance": "instance",
    "panoptic": "panoptic",
    "keypoint": "keypoint",
    "denoise": "restoration",
    "derain": "restoration",
    "enhance": "restoration",
    "dehaze": "restoration",
    "deblur": "restoration",
    "inpaint": "restoration",
    "colourise": "restoration",
    "foreground": "foreground",
}
_registered: dict[str, Task] = {}


def register_task(task: Task) -> None:
    """Make a task known by its name; a second one of the same name replaces the first."""
    _registered[task.name] = task


def task_names() -> list[str]:
    """Every known name: built in, registered, and of the entry-point group painterkit.tasks."""
    load_plugins()
    external = entry_points(group="painterkit.tasks")
    return sorted({*_MODULES, *_registered, *(e.name for e in external)})


def get_task(name: str) -> Task:
    """The task of this name. Raises ``InputError`` with the nearest known names otherwise."""
    load_plugins()
    if name in _registered:
        return _registered[name]
    if name in _MODULES:
        return import_module(f"painter_kit.tasks.{_MODULES[name]}").TASKS[name]
    for entry in entry_points(group="painterkit.tasks", name=name):
        return entry.load()
    known = task_names()
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise InputError(
        f"unknown task {name!r}; known tasks: {', '.join(known)}.{hint} "
        "One of your own needs --plugin FILE.py"
    )


def segment_type_of(name: str, choice: SegmentChoice = "auto") -> SegmentType:
    """SegGPT's type token for the task of this name: the one chosen, else (``auto``) the task's.

    A name that nobody knows has ``instance``.
    """
    if choice != "auto":
        return choice
    try:
        return get_task(name).segment_type
    except InputError:
        return "instance"


def decode_example(task: Task, spec: Spec[Any], painted: Painted, example: Example) -> Any:
    """The prediction of what was painted for one example, at the size of its picture."""
    if task.decode_example is not None:
        return task.decode_example(painted, spec, example)
    height, width = example.image.shape[:2]
    return task.decode(painted, spec, (height, width))


def known_metrics(resampled: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, float]:
    """The first of each metric's resamples, without those that are not a number."""
    first = {name: float(values[0]) for name, values in resampled.items()}
    return {name: value for name, value in first.items() if not np.isnan(value)}


def make_pair(task: Task, spec: Spec[Any], example: Example) -> Pair:
    """The example as a painted pair at the picture's own size, in its own or the spec's coding."""
    coding = example.coding or spec.coding
    height, width = example.image.shape[:2]
    target = task.encode(example.truth, spec.with_coding(coding), (height, width))
    return Pair(example.image, target, coding)


def task_parts(task: Task, spec: Spec[Any]) -> list[tuple[str, Task, Spec[Any]]]:
    """Name, task and spec of every part of a task that has them, in the task's order."""
    return [(name, get_task(spec.part(name).task), spec.part(name)) for name in task.parts]
