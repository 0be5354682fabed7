"""Pairs made into training pictures: crops, colours and resizing, by task (released code).

Every random number comes from the generator that is passed in, so that a sample depends on its
own key alone and not on the process that makes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import PIL.Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from painter_kit.types import Image, Resize, Size

Box = tuple[int, int, int, int]  # top, left, height, width

# Typed for tensors alone, but takes PIL's pictures too.
F: Any = functional

FILTERS = {
    "nearest": InterpolationMode.NEAREST,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}
_TRIES = 10
_CROP = ((0.3, 1.0), (3 / 4, 4 / 3))
# Nearly always the largest centre crop between these aspects: the whole of most pictures.
_WHOLE = ((0.9999, 1.0), (3 / 4, 4 / 3))
_JITTERED, _FLIPPED = 0.8, 0.5
_BRIGHTNESS, _CONTRAST, _SATURATION, _HUE = 0.4, 0.4, 0.2, 0.1


@dataclass(frozen=True)
class Policy:
    """How the pairs of one task become training samples.

    ``augmented``: cropped, recoloured and mirrored, or taken whole; ``recropped``: cut once more
    across the two stitched pairs. ``counted`` says what enters the loss: ``all`` values; those
    that are ``painted`` (not black); all ``unless empty``; all unless empty, with those of the
    ``foreground`` ten times.
    """

    augmented: bool = True
    recropped: bool = True
    target_resize: Resize = "nearest"
    counted: Literal["all", "painted", "unless empty", "foreground"] = "all"
    black: float = 1e-5  # up to this value (0..1) a target counts as black


# Instances and keypoints are cropped and mirrored when their files are made.
POLICIES: dict[str, Policy] = {
    "depth": Policy(target_resize="bicubic", counted="painted", black=1e-4),
    "semantic": Policy(counted="painted"),
    "coco-semantic": Policy(counted="painted"),
    "instance": Policy(augmented=False, recropped=False, counted="unless empty"),
    "keypoint": Policy(
        augmented=False, recropped=False, target_resize="bicubic", counted="foreground"
    ),
    "denoise": Policy(),
    "derain": Policy(),
    "enhance": Policy(),
}


def policy_of(task: str) -> Policy:
    """The released policy of a task; of one that was not released that of restoration."""
    return POLICIES.get(task, Policy())


def crop_box(
    rng: np.random.Generator,
    size: Size,
    scale: tuple[float, float],
    ratio: tuple[float, float],
) -> Box:
    """A rectangle of ``scale`` times the area of ``size`` (H, W) and of aspect (w / h) ``ratio``.

    Area uniform, aspect log-uniform; after ten that do not fit, the largest centre crop whose
    aspect lies within ``ratio``.
    """
    height, width = size
    for _ in range(_TRIES):
        area = height * width * rng.uniform(*scale)
        aspect = math.exp(rng.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
            return int(top), int(left), h, w
    h, w = height, width
    if width / height < ratio[0]:
        h = round(width / ratio[0])
    elif width / height > ratio[1]:
        w = round(height * ratio[1])
    return (height - h) // 2, (width - w) // 2, h, w


def training_pair(
    image: Image, target: Image, side: int, policy: Policy, rng: np.random.Generator
) -> tuple[Image, Image]:
    """Picture and painted target of equal size, both uint8 (side, side, 3) afterwards.

    One crop and one mirroring serve both; colours change in the picture alone, in restoration
    too (released code).
    """
    box = crop_box(rng, (image.shape[0], image.shape[1]), *(_CROP if policy.augmented else _WHOLE))
    picture = _cut(image, box, side, "bicubic")
    painted = _cut(target, box, side, policy.target_resize)
    if policy.augmented:
        if rng.random() < _JITTERED:
            picture = _jitter(picture, rng)
        if rng.random() < _FLIPPED:
            picture, painted = F.horizontal_flip(picture), F.horizontal_flip(painted)
    return np.asarray(picture), np.asarray(painted)


def whole_pair(image: Image, target: Image, side: int, policy: Policy) -> tuple[Image, Image]:
    """The same without chance: both resized whole, for looking at."""
    box = (0, 0, image.shape[0], image.shape[1])
    picture = _cut(image, box, side, "bicubic")
    painted = _cut(target, box, side, policy.target_resize)
    return np.asarray(picture), np.asarray(painted)


def _cut(picture: Image, box: Box, side: int, resize: Resize) -> PIL.Image.Image:
    pil = PIL.Image.fromarray(picture)
    return F.resized_crop(pil, *box, [side, side], FILTERS[resize], antialias=True)


def _jitter(picture: PIL.Image.Image, rng: np.random.Generator) -> PIL.Image.Image:
    factors = {
        F.adjust_brightness: 1 + rng.uniform(-_BRIGHTNESS, _BRIGHTNESS),
        F.adjust_contrast: 1 + rng.uniform(-_CONTRAST, _CONTRAST),
        F.adjust_saturation: 1 + rng.uniform(-_SATURATION, _SATURATION),
        F.adjust_hue: rng.uniform(-_HUE, _HUE),
    }
    changes = list(factors.items())
    for number in rng.permutation(len(changes)):
        change, factor = changes[number]
        picture = change(picture, factor)
    return picture
