"""Foreground segmentation in two colours that only the prompt tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import VOID, Rounding, paint_labels, resize_nearest
from painter_kit.types import Image, Size, Spec, Truth


@dataclass(frozen=True)
class ForegroundProtocol:
    """How painted levels are quantised before colours are compared."""

    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[Any], size: Size) -> Image:
    """uint8 (H, W, 3): ``mask`` in the coding's (background, foreground); 255 is black."""
    return paint_labels(resize_nearest(truth["mask"], size), spec.coding.palette)


def weight(truth: Truth, spec: Spec[Any], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): 1 on labelled pixels, 0 on ignored ones."""
    known = resize_nearest(truth["mask"], size) != VOID
    return np.repeat(known[..., None].astype(np.float32), 3, axis=2)


def _next_commit(*_: Any) -> Any:
    raise NotImplementedError


TASKS = {name: Task(name, encode, weight, *[_next_commit] * 5) for name in ("foreground",)}
