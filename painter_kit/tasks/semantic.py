"""Semantic segmentation, painted in one colour per class (paper 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import VOID, Rounding, paint_labels, resize_nearest
from painter_kit.types import Image, Size, Spec, Truth


@dataclass(frozen=True)
class SemanticProtocol:
    """How colours become classes.

    ``distance`` between colours: the sum over channels of absolute (released default) or
    squared differences, or the mean of both. ``void``: pixels nearer to black than to any class
    become 255 (released code: never). ``margin``: pixels whose nearest colour does not lead the
    second by this distance become 255 (0 = never).
    """

    distance: Literal["abs", "square", "mean"] = "abs"
    void: bool = False
    margin: float = 0.0
    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[Any], size: Size) -> Image:
    """uint8 (H, W, 3): ``labels`` in the coding's palette; 255 (ignored) is black."""
    return paint_labels(resize_nearest(truth["labels"], size), spec.coding.palette)


def weight(truth: Truth, spec: Spec[Any], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): 1 on labelled pixels, 0 on ignored ones."""
    known = resize_nearest(truth["labels"], size) != VOID
    return np.repeat(known[..., None].astype(np.float32), 3, axis=2)


def _next_commit(*_: Any) -> Any:
    raise NotImplementedError


TASKS = {
    name: Task(name, encode, weight, *[_next_commit] * 5)
    for name in (
        "semantic",
        "coco-semantic",
    )
}
