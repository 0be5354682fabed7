"""The canvas: prompt above query, 2S x S. The only place that knows this layout.

Also pictures to tensors and back, and the masks of training and inference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import PIL.Image
import torch
from torch import Tensor

from painter_kit.model.painter import IMAGE_MEAN, IMAGE_STD
from painter_kit.types import Image, Resize

Floats: TypeAlias = npt.NDArray[np.float32]

_PIL_FILTERS = {
    "nearest": PIL.Image.Resampling.NEAREST,
    "bilinear": PIL.Image.Resampling.BILINEAR,
    "bicubic": PIL.Image.Resampling.BICUBIC,
}
_TRIES = 10  # per block, as released
_ASPECT = 0.3  # blocks are between 0.3 and 1 / 0.3 times as high as wide


def resize_picture(picture: Image, side: int, resize: Resize) -> Image:
    """A uint8 (H, W, 3) picture squashed to (side, side) by PIL's antialiased filter.

    The aspect ratio is not kept (released code). A picture of that size comes back unchanged.
    """
    if picture.shape[:2] == (side, side):
        return picture
    resized = PIL.Image.fromarray(picture).resize((side, side), _PIL_FILTERS[resize])
    return np.asarray(resized)


def tiled(pictures: Sequence[Image], side: int, resize: Resize) -> Image:
    """K uint8 (S, S, 3) pictures as one of ``side``: a square grid, made smaller.

    SegGPT's spatial ensemble (its paper, 3.3; not in the released code): the pictures stand row by
    row in the smallest square of n x n cells that holds them, cells that are left over begin anew
    with the first, and the whole is squashed to (side, side, 3) by the filter ``resize``.
    """
    across = math.isqrt(len(pictures) - 1) + 1
    cells = [pictures[place % len(pictures)] for place in range(across**2)]
    rows = [np.hstack(cells[start : start + across]) for start in range(0, across**2, across)]
    return resize_picture(np.vstack(rows), side, resize)


def resize_opencv(picture: Image | Floats, side: int) -> Floats:
    """float32 (side, side, 3) on the 0..1 scale: squashed by OpenCV's bilinear filter (SIDD).

    Takes uint8 (H, W, 3), or floats on the 0..1 scale. Unlike PIL's filter, OpenCV's skips
    pixels when it makes a picture smaller, and in float32 nothing is rounded to levels.
    """
    import cv2

    scale = np.float32(255 if picture.dtype == np.uint8 else 1)
    unit = picture.astype(np.float32) / scale
    return cv2.resize(unit, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def to_tensor(pictures: npt.NDArray[np.uint8] | Floats, device: torch.device | str) -> Tensor:
    """(N, S, S, 3), uint8 or float32 on the 0..1 scale -> normalised float32 (N, 3, S, S).

    Pixels travel to ``device`` as they are, bytes as bytes. Computed in float64 and rounded
    once, as in the released code.
    """
    return normalised(on_device(pictures, device))


def on_device(pixels: npt.NDArray[Any], device: torch.device | str) -> Tensor:
    """A copy of an array as a tensor of its type on ``device``."""
    # Copied, because decoded and cached pictures are often read-only.
    copied = torch.tensor(pixels)
    if torch.device(device).type == "cuda":
        copied = copied.pin_memory()  # page-locked: the GPU reads it while it computes
    return copied.to(device, non_blocking=True)


def normalised(pixels: Tensor) -> Tensor:
    """(N, S, S, 3), uint8 or float on the 0..1 scale -> normalised float32 (N, 3, S, S)."""
    wide = torch.float64 if pixels.device.type != "mps" else torch.float32
    mean = torch.tensor(IMAGE_MEAN, dtype=wide, device=pixels.device)
    std = torch.tensor(IMAGE_STD, dtype=wide, device=pixels.device)
    scale = 255 if pixels.dtype == torch.uint8 else 1
    return ((pixels.to(wide) / scale - mean) / std).to(torch.float32).permute(0, 3, 1, 2)


def to_unit(canvas: Tensor) -> Tensor:
    """Normalised (N, 3, H, W) -> the 0..1 scale, not clipped, float32."""
    mean = torch.tensor(IMAGE_MEAN, dtype=torch.float64, device=canvas.device)
    std = torch.tensor(IMAGE_STD, dtype=torch.float64, device=canvas.device)
    unit = canvas.to(torch.float64) * std[:, None, None] + mean[:, None, None]
    return unit.to(torch.float32)


def stitch(prompt: Tensor, query: Tensor) -> Tensor:
    """Two (N, 3, S, S) tensors, prompt above query: (N, 3, 2S, S)."""
    return torch.cat([prompt, query], dim=2)


def query_half(canvas: Tensor) -> Tensor:
    """The lower half (N, 3, S, S) of a canvas."""
    return canvas[:, :, canvas.shape[2] // 2 :]


def half_mask(rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """The inference mask (rows, columns): the whole query output hidden (1)."""
    mask = np.zeros((rows, columns), np.uint8)
    mask[rows // 2 :] = 1
    return mask


def block_mask(
    rng: np.random.Generator, rows: int, columns: int, total: int, smallest: int, largest: int
) -> npt.NDArray[np.uint8]:
    """A random block-wise mask (rows, columns) with exactly ``total`` hidden tokens (1).

    Rectangles of area ``smallest`` .. ``largest`` and log-uniform aspect are laid until
    ``total`` is reached; single tokens fill what no rectangle could (released code).
    """
    mask = np.zeros((rows, columns), np.uint8)
    while (count := int(mask.sum())) < total:
        if not _lay_block(rng, mask, smallest, min(total - count, largest)):
            break
    flat = mask.reshape(-1)
    missing = total - int(flat.sum())
    if missing > 0:
        flat[rng.choice(np.flatnonzero(flat == 0), missing, replace=False)] = 1
    return mask


def _lay_block(
    rng: np.random.Generator, mask: npt.NDArray[np.uint8], smallest: int, cap: int
) -> bool:
    """Hide one rectangle with at least one and at most ``cap`` new tokens, in place."""
    rows, columns = mask.shape
    limit = math.log(_ASPECT)
    for _ in range(_TRIES):
        area = smallest + (cap - smallest) * rng.random()
        aspect = math.exp(rng.uniform(limit, -limit))
        height, width = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if width >= columns or height >= rows:
            continue
        top = int(rng.integers(0, rows - height + 1))
        left = int(rng.integers(0, columns - width + 1))
        block = mask[top : top + height, left : left + width]
        new = block.size - int(block.sum())
        if 0 < new <= cap:
            block[:] = 1
            return True
    return False
