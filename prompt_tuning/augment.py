"""Mild changes of the queries that a prompt learns from, made on picture and truth alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from painter_kit.types import Example

_SMALLEST = 0.8  # of a picture's sides that a crop keeps


def augmented(example: Example, how: str, rng: np.random.Generator) -> Example:
    """The example mirrored half of the time, with ``mirror+crop`` cropped too; ``how`` as in
    ``TuneConfig.augment``.

    Targets are painted from the changed truth, so that colours which tell places stay right. An
    example whose truth is not made of planes as large as its picture (keypoints, boxes) stays as
    it is, and a crop is not made where a mask would lose its last pixel. The draws depend on
    neither.
    """
    mirror, share, *place = rng.random(4)
    if how == "none" or not _is_plain(example):
        return example
    if mirror < 0.5:
        example = _changed(example, lambda plane: plane[:, ::-1])
    if how != "mirror+crop":
        return example
    height, width = example.image.shape[:2]
    kept = _SMALLEST + (1 - _SMALLEST) * share
    rows, columns = max(1, round(kept * height)), max(1, round(kept * width))
    top, left = int(place[0] * (height - rows + 1)), int(place[1] * (width - columns + 1))
    window = slice(top, top + rows), slice(left, left + columns)
    cropped = _changed(example, lambda plane: plane[window])
    return cropped if _masks(cropped) == _masks(example) else example


def _is_plain(example: Example) -> bool:
    return not example.views and all(
        _is_plane(array, example) or _is_stack(array, example) for array in example.truth.values()
    )


def _is_plane(array: np.ndarray, example: Example) -> bool:
    """(H, W) or (H, W, 3)."""
    return array.shape in (example.image.shape[:2], example.image.shape)


def _is_stack(array: np.ndarray, example: Example) -> bool:
    """(N, H, W)."""
    return array.ndim == 3 and array.shape[1:] == example.image.shape[:2]


def _changed(example: Example, change: Callable[[np.ndarray], np.ndarray]) -> Example:
    """``change``, which takes (H, W, ...), of picture and truth."""

    def apply(array: np.ndarray) -> np.ndarray:
        if _is_plane(array, example):
            return np.ascontiguousarray(change(array))
        stacked = change(np.moveaxis(array, 0, -1))
        return np.ascontiguousarray(np.moveaxis(stacked, -1, 0))

    truth = {name: apply(array) for name, array in example.truth.items()}
    return replace(example, image=apply(example.image), truth=truth)


def _masks(example: Example) -> list[bool]:
    """Whether anything is left of every mask of the truth's stacks."""
    stacks = [array for array in example.truth.values() if _is_stack(array, example)]
    return [bool(mask.any()) for stack in stacks for mask in stack]
