"""Which classes a truth shows, for tasks that have any."""

from __future__ import annotations

from typing import Any

import numpy as np

from painter_kit.errors import InputError
from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import VOID
from painter_kit.types import Spec, Truth

FOREGROUND = ("background", "foreground")


def classes_of(task: Task, truth: Truth) -> dict[int, float]:
    """Class -> share 0..1 of the picture's pixels, of every class that the truth shows.

    Of label maps (255 is no class), of foreground masks (0 background, 1 foreground), and of
    instances whose ``categories`` are known, crowds left out. Empty for a truth without classes.
    A task with parts has none of its own; its parts do.
    """
    for name in () if task.parts else ("labels", "mask"):
        if name in truth:
            counts = np.bincount(truth[name].ravel(), minlength=VOID + 1)[:VOID]
            return {int(c): float(counts[c] / truth[name].size) for c in np.flatnonzero(counts)}
    if task.parts or "masks" not in truth or "categories" not in truth:
        return {}
    masks, categories = truth["masks"], truth["categories"]
    own = ~np.asarray(truth.get("crowd", np.zeros(len(masks))), bool)
    shown = {int(c): masks[own & (categories == c)].any(axis=0) for c in categories[own]}
    return {c: float(shown[c].mean()) for c in sorted(shown) if shown[c].any()}


def class_index(spec: Spec[Any], name: str) -> int:
    """The number of a class by its name, or of a number as text.

    Raises ``InputError`` with the known names for another.
    """
    known = spec.classes or (FOREGROUND if len(spec.coding.palette) == 2 else ())
    if name in known:
        return known.index(name)
    if name.isdecimal() and (not known or int(name) < len(known)):
        return int(name)
    raise InputError(
        f"{spec.task} on {spec.data} has no class {name!r}; it has "
        f"{', '.join(known) or 'classes without names, give a number'}"
    )
