"""How many bytes results will take on disk, before there are any."""

from __future__ import annotations

from typing import Any

import numpy as np

from painter_kit.evaluation.packed import pack_record
from painter_kit.tasks.base import Task, decode_example
from painter_kit.types import Example, Examples, Record, Spec

_LOOKED_AT = 3  # examples whose Records are made
# SQLite keeps a row in a page of 4096 bytes, of which keys in random order leave a fifth free. Of
# a row that is longer than a quarter of a page, the end lies in pages of its own.
_PAGE, _FILLED = 4096, 0.78
_USABLE = _PAGE - 12
_MOST, _LEAST = _USABLE * 64 // 255 - 23, _USABLE * 32 // 255 - 23
_BESIDE = 22  # key, header and place of a row


def row_bytes(record: Record) -> float:
    """What one Record takes in the file of a store that holds many."""
    size = len(pack_record(record)) + _BESIDE
    if size <= _MOST:
        return size / _FILLED
    kept = _LEAST + (size - _LEAST) % (_PAGE - 4)
    kept = kept if kept <= _MOST else _LEAST
    pages = -(-(size - kept) // (_PAGE - 4))
    return kept / _FILLED + pages * _PAGE


def record_bytes(task: Task, spec: Spec[Any], examples: Examples) -> float:
    """What a Record of such examples takes in the store, from those of a few that are read.

    Their Records are those of a model that paints the truth. A worse one finds classes and
    instances that are not there, so that sparse Records and detections may take some times more.
    """
    count = min(_LOOKED_AT, len(examples))
    places = (number * len(examples) // count for number in range(count))
    sizes = [row_bytes(ideal_record(task, spec, examples[place])) for place in places]
    return float(np.mean(sizes)) if sizes else 0.0


def ideal_record(task: Task, spec: Spec[Any], example: Example) -> Record:
    """The Record of a model that paints the truth; of crops black, and of every part of a task
    that has them what shows the truth to people."""
    side = spec.canvas
    if task.views is not None:
        painted = np.zeros((len(task.views(example, spec)), side, side, 3), np.float32)
    else:
        painted = task.encode(example.truth, spec, (side, side)).astype(np.float32) / 255
    outputs = dict.fromkeys(task.parts, painted) if task.parts else painted
    return task.measure(decode_example(task, spec, outputs, example), example.truth, spec)


def picture_bytes(side: int, count: int = 1) -> int:
    """At most so much for square 8-bit pictures in colour."""
    return 3 * side * side * count
