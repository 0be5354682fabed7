"""What was painted for an example, as pictures of its size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.base import Task, task_parts
from painter_kit.tasks.colors import painted_colours
from painter_kit.types import Example, Image, Painted, Spec


def painted_pictures(
    task: Task, spec: Spec[Any], example: Example, painted: Painted
) -> dict[str, Image]:
    """``painted``, of a task with parts ``painted_PART`` each; empty where crops were painted."""
    if isinstance(painted, Mapping):
        return {
            f"painted_{name}": picture
            for name, part, own in task_parts(task, spec)
            for picture in painted_pictures(part, own, example, painted[name]).values()
        }
    whole = whole_output(task, spec, example, painted)
    if whole is None:
        return {}
    size = example.image.shape[0], example.image.shape[1]
    return {"painted": painted_colours(whole, size, spec.output_resize, "round")}


def whole_output(
    task: Task, spec: Spec[Any], example: Example, output: Painted
) -> npt.NDArray[np.floating] | None:
    """What was painted for the example's picture as it is; None for parts, and for crops of it."""
    if isinstance(output, Mapping):
        return None
    if task.views is None:
        return output
    views = task.views(example, spec)
    return output[0] if len(views) and views[0] is example.image else None
