"""Cropped and mirrored pairs: made from the truth, so that what colours tell stays true.

The truth is cropped and mirrored and then painted anew by ``task.encode``: instances get the
colours of their new places, and the keypoints of the left side those of the right where the
skeleton has sides (``flip_pairs``; the figures of the world tell sides by tone and have none). A
pair that is known as painted pictures alone can be edited as far as ``Task.tells`` permits.

Crops of pictures with keypoints are brought back to the size of the whole picture, because heat
and squares are painted at a size in pixels; others stay as they are cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.tasks.base import Task
from painter_kit.types import Example, Image, Pair, Size, Spec, Truth

# Random resized crops as in training: shares of the area and width / height.
SCALE = 0.3, 1.0
ASPECT = 3 / 4, 4 / 3
TRIES = 10
_PER_INSTANCE = ("crowd", "areas", "categories")


@dataclass(frozen=True)
class Box:
    """A part of a picture in whole pixels: left, top, width and height."""

    x: int
    y: int
    width: int
    height: int

    def cut(self, array: np.ndarray) -> np.ndarray:
        """The part of ``array`` (H, W, ...), copied."""
        rows, columns = slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)
        return np.ascontiguousarray(array[rows, columns])

    def to_json(self) -> list[int]:
        """The four numbers."""
        return [self.x, self.y, self.width, self.height]


def draw_box(size: Size, rng: np.random.Generator) -> Box:
    """A random crop of a picture of ``size`` (H, W), as training draws them.

    Area uniform in ``SCALE``, aspect log-uniform in ``ASPECT``; what does not fit is drawn
    again, after ten times the largest centred crop within ``ASPECT`` is taken (torchvision's rule).
    """
    height, width = size
    for _ in range(TRIES):
        area = height * width * rng.uniform(*SCALE)
        aspect = math.exp(rng.uniform(math.log(ASPECT[0]), math.log(ASPECT[1])))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
            return Box(x, y, w, h)
    w, h = min(width, round(height * ASPECT[1])), min(height, round(width / ASPECT[0]))
    return Box((width - w) // 2, (height - h) // 2, w, h)


def crop_example(example: Example, box: Box) -> Example:
    """The part of an example inside ``box``, without views.

    Instances that are cut away are left out, keypoints outside become invisible. Raises
    ``InputError`` for a truth that cannot be cut.
    """
    size = _size(example)
    image, truth = box.cut(example.image), dict(example.truth)
    for name, kind in _kinds(example).items():
        if kind == "plane":
            truth[name] = box.cut(truth[name])
        elif kind == "stack":
            truth[name] = box.cut(truth[name].transpose(1, 2, 0)).transpose(2, 0, 1)
    if "masks" in truth:
        truth |= _kept_instances(example.truth, truth)
    if "keypoints" in truth:
        image = _resized(image, size)
        truth |= _cropped_points(example.truth, box, size)
    return replace(example, image=image, truth=truth, views=())


def mirror_example(example: Example, spec: Spec[Any]) -> Example:
    """An example seen in a mirror, without views; keypoints of ``flip_pairs`` change names.

    Raises ``InputError`` for a truth that cannot be mirrored.
    """
    truth, width = dict(example.truth), example.image.shape[1]
    for name, kind in _kinds(example).items():
        if kind in ("plane", "stack"):
            axis = 1 if kind == "plane" else 2
            truth[name] = np.ascontiguousarray(np.flip(truth[name], axis))
    if "keypoints" in truth:
        pairs = getattr(spec.protocol, "flip_pairs", ())
        truth["keypoints"] = mirrored_points(truth["keypoints"], width, pairs)
        if "box" in truth:
            x, y, w, h = truth["box"]
            truth["box"] = np.array([width - x - w, y, w, h], truth["box"].dtype)
    return replace(example, image=mirrored(example.image), truth=truth, views=())


def mirrored(picture: Image) -> Image:
    """uint8 (H, W, 3), left and right exchanged."""
    return np.ascontiguousarray(picture[:, ::-1])


def mirrored_points(
    points: npt.NDArray[np.floating], width: int, pairs: tuple[tuple[int, int], ...]
) -> npt.NDArray[np.floating]:
    """Keypoints (..., K, 3) of the mirrored picture, ``width`` pixels wide; ``pairs`` swap."""
    order = list(range(points.shape[-2]))
    for one, other in pairs:
        order[one], order[other] = other, one
    moved = points[..., order, :].copy()
    moved[..., 0] = width - 1 - moved[..., 0]
    return moved


def crop_pair(task: Task, pair: Pair, box: Box) -> Pair | None:
    """A painted pair inside ``box``; None when the colours of the task tell places."""
    if task.tells == "place":
        return None
    return Pair(box.cut(pair.image), box.cut(pair.target), pair.coding)


def mirror_pair(task: Task, pair: Pair) -> Pair | None:
    """A painted pair in a mirror; None when the colours of the task tell places or sides."""
    if task.tells:
        return None
    return Pair(mirrored(pair.image), mirrored(pair.target), pair.coding)


def _size(example: Example) -> Size:
    height, width = example.image.shape[:2]
    return height, width


_POINTS = ("keypoints", "box", "area", "zoom", "size")


def _kinds(example: Example) -> dict[str, str]:
    """How each array of the truth lies in the picture: ``plane``, ``stack`` or ``other``."""
    size, truth = _size(example), example.truth
    if "crops" in truth:
        raise InputError(f"example {example.id}: crops and flips need one person a picture")
    return {name: _kind(example, name, array, size) for name, array in truth.items()}


def _kind(example: Example, name: str, array: np.ndarray, size: Size) -> str:
    if name in _POINTS or name in _PER_INSTANCE or array.ndim == 0:
        return "other"
    if array.ndim >= 2 and array.shape[:2] == size:
        return "plane"
    if array.ndim == 3 and array.shape[1:] == size:
        return "stack"
    raise InputError(
        f"example {example.id}: crops and flips do not know what {name} {array.shape} is to a "
        f"picture of {size[1]} x {size[0]}; leave out crops and flips"
    )


def _kept_instances(before: Truth, after: Truth) -> dict[str, np.ndarray]:
    """Those that still show something; areas shrink with their masks."""
    masks = after["masks"]
    left, whole = masks.sum((1, 2)), before["masks"].sum((1, 2))
    kept = left > 0
    named = {name: after[name][kept] for name in _PER_INSTANCE if name in after}
    if "areas" in named:
        named["areas"] = named["areas"] * (left / np.maximum(whole, 1))[kept]
    return {"masks": masks[kept], **named}


def _cropped_points(truth: Truth, box: Box, size: Size) -> dict[str, np.ndarray]:
    """Keypoints and what belongs to them, in pixels of the crop brought back to ``size``."""
    zoom = np.array([size[1] / box.width, size[0] / box.height])
    points = truth["keypoints"].copy()
    # Pixel centres are whole numbers.
    points[..., :2] = (points[..., :2] - (box.x, box.y) + 0.5) * zoom - 0.5
    limits = np.array([size[1], size[0]])
    inside = ((points[..., :2] > -0.5) & (points[..., :2] < limits - 0.5)).all(-1)
    points[..., 2] = np.where(inside, points[..., 2], 0)
    moved = {"keypoints": points}
    if "box" in truth:
        x, y, w, h = truth["box"].astype(np.float64)
        start = np.clip((np.array([x, y]) - (box.x, box.y)) * zoom, 0, limits)
        stop = np.clip((np.array([x + w, y + h]) - (box.x, box.y)) * zoom, 0, limits)
        moved["box"] = np.array([*start, *(stop - start)], truth["box"].dtype)
    if "area" in truth:
        moved["area"] = np.asarray(truth["area"] * zoom.prod(), truth["area"].dtype)
    if "zoom" in truth:
        moved["zoom"] = np.asarray(truth["zoom"] * np.sqrt(zoom.prod()))
    return moved


def _resized(image: Image, size: Size) -> Image:
    from PIL import Image as Pictures

    resized = Pictures.fromarray(image).resize((size[1], size[0]), Pictures.Resampling.BICUBIC)
    return np.asarray(resized)
