"""Haze, blur, holes and lost colour: degradations that the released model was never trained on.

Each is drawn anew for every picture by the generator given, sizes in shares of the picture's
shorter side, so that a picture looks alike at any resolution. Strengths are fixed;
``painterkit datasets check haze`` prints what they do to pictures (input PSNR).

* haze: light from far away is mixed in, t J + (1 - t) A, t = exp(-beta d) (Koschmieder's law).
  Depth d rises from 0.2 at the lower edge to 1 at the upper edge, disturbed by smooth noise of up
  to 0.2; beta 0.5 to 1.2; A 0.75 to 1 of white, with a tint of up to 0.03 a channel.
* blur: an even chance of motion (a line of 0.1 to 0.25 of the side, any direction) and of
  defocus (a disc of radius 0.025 to 0.06 of the side), edges mirrored.
* inpaint: 3 to 6 boxes and 3 to 6 thick lines in mid grey, added until at least 15 % are covered.
* colourise: grey by the luma of ITU-R BT.601, in three equal channels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from painter_kit.types import Image

Floats = npt.NDArray[np.float32]
GREY = 128  # of holes
_LEAST_HOLE = 0.15  # of the pixels
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def degrade(kind: str, clean: Image, rng: np.random.Generator) -> tuple[Image, dict[str, Image]]:
    """The degraded picture (H, W, 3) and its truth: ``clean``, and of inpaint ``hole`` uint8
    (H, W), 1 where the picture is to be made up. ``kind`` is a key of ``KINDS``."""
    truth = {"clean": clean}
    if kind == "inpaint":
        truth["hole"] = holes(clean.shape[0], clean.shape[1], rng)
        return np.where(truth["hole"][..., None] > 0, np.uint8(GREY), clean), truth
    return _DEGRADE[kind](clean, rng), truth


def _haze(clean: Image, rng: np.random.Generator) -> Image:
    height, width = clean.shape[:2]
    depth = np.linspace(1.0, 0.2, height, dtype=np.float32)[:, None]
    depth = depth + 0.2 * _smooth(height, width, rng)
    transmission = np.exp(-np.float32(rng.uniform(0.5, 1.2)) * depth)[..., None]
    light = 255 * (rng.uniform(0.75, 1.0) + rng.uniform(-0.03, 0.03, 3)).astype(np.float32)
    return _levels(clean * transmission + light * (1 - transmission))


def _smooth(height: int, width: int, rng: np.random.Generator) -> Floats:
    """Smooth noise (H, W) between -1 and 1."""
    import cv2

    coarse = rng.uniform(-1, 1, (4, 4)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _blur(clean: Image, rng: np.random.Generator) -> Image:
    import cv2

    side = min(clean.shape[:2])
    motion = rng.random() < 0.5
    kernel = _line(side, rng) if motion else _disc(side * float(rng.uniform(0.025, 0.06)))
    blurred = cv2.filter2D(clean.astype(np.float32), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return _levels(np.asarray(blurred, np.float32))


def _line(side: int, rng: np.random.Generator) -> Floats:
    """Motion along a line: how long the shutter rests on each pixel, summing to 1."""
    length, angle = side * rng.uniform(0.1, 0.25), rng.uniform(0, np.pi)
    reach = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    along = np.linspace(-length / 2, length / 2, 16 * kernel.shape[0])
    rows = np.rint(reach + along * np.sin(angle)).astype(int)
    columns = np.rint(reach + along * np.cos(angle)).astype(int)
    np.add.at(kernel, (rows, columns), np.float32(1))
    return kernel / kernel.sum()


def _disc(radius: float) -> Floats:
    """A disc with a soft rim, summing to 1."""
    radius = max(radius, 1.0)
    offset = np.arange(-int(radius) - 1, int(radius) + 2, dtype=np.float32)
    kernel = np.clip(radius + 0.5 - np.hypot(offset[:, None], offset), 0, 1).astype(np.float32)
    return kernel / kernel.sum()


def holes(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """uint8 (H, W): 1 in boxes and thick lines that cover at least 15 % of the pixels."""
    import cv2

    mask, side = np.zeros((height, width), np.uint8), min(height, width)
    boxes, lines = rng.integers(3, 7, 2)
    while boxes > 0 or lines > 0 or mask.mean() < _LEAST_HOLE:
        start = rng.random(2) * (width, height)
        if boxes > 0 or lines <= 0:
            end, boxes = start + rng.uniform(0.08, 0.22, 2) * side, boxes - 1
            corner = start.astype(int), end.astype(int)
            cv2.rectangle(mask, corner[0].tolist(), corner[1].tolist(), 1, -1)
        else:
            end, lines = rng.random(2) * (width, height), lines - 1
            thick = max(1, round(side * rng.uniform(0.015, 0.04)))
            cv2.line(mask, start.astype(int).tolist(), end.astype(int).tolist(), 1, thick)
    return mask


def _grey(clean: Image, rng: np.random.Generator) -> Image:
    return np.repeat(_levels(clean.astype(np.float32) @ _LUMA)[..., None], 3, axis=2)


def _levels(picture: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


_DEGRADE: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "haze": _haze,
    "blur": _blur,
    "colourise": _grey,
}
# Kind -> task.
KINDS = {"haze": "dehaze", "blur": "deblur", "inpaint": "inpaint", "colourise": "colourise"}
