"""Query pictures as the network takes them, kept on its device from one prompt to the next."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from painter_kit.inference.canvas import normalised, on_device, resize_opencv, resize_picture
from painter_kit.types import Spec

QUERY_BYTES = 1 << 30


class Queries:
    """Squashes pictures to a canvas's side and brings them to a device, pixels as bytes.

    A search shows the same pictures to every prompt: of those that cannot be written to, such as
    what ``evaluation.loaded.Loaded`` keeps, the pixels stay on the device for as long as the
    picture itself lives, up to ``limit`` bytes in all. What comes after the limit is prepared
    each time, since passes over pictures are sequential.
    """

    def __init__(self, limit: int = QUERY_BYTES) -> None:
        self.limit, self.used = limit, 0
        self._kept: dict[tuple[Any, ...], tuple[weakref.ref[np.ndarray], Tensor]] = {}

    def prepare(
        self,
        pictures: Sequence[np.ndarray],
        side: int,
        spec: Spec[Any] | None,
        device: torch.device,
    ) -> Tensor:
        """Normalised float32 (N, 3, side, side) of uint8 (H, W, 3), or float32 of 0..1."""
        return normalised(torch.stack([self._pixels(p, side, spec, device) for p in pictures]))

    def _pixels(
        self, picture: np.ndarray, side: int, spec: Spec[Any] | None, device: torch.device
    ) -> Tensor:
        filters = (spec.query_filter, spec.image_resize) if spec else ()
        key = (id(picture), side, *filters, device)
        if key in self._kept:
            return self._kept[key][1]
        pixels = on_device(_squashed(picture, side, spec), device)
        if not picture.flags.writeable and self.used + pixels.nbytes <= self.limit:
            # Another array may get the number of one that is gone.
            self._kept[key] = weakref.ref(picture, lambda _: self._forget(key)), pixels
            self.used += pixels.nbytes
        return pixels

    def _forget(self, key: tuple[Any, ...]) -> None:
        self.used -= self._kept.pop(key)[1].nbytes


def _squashed(picture: np.ndarray, side: int, spec: Spec[Any] | None) -> np.ndarray:
    if spec and spec.query_filter == "opencv":
        return resize_opencv(picture, side)
    return resize_picture(picture, side, spec.image_resize if spec else "bicubic")
