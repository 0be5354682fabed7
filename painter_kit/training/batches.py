"""From episodes to the tensors of one micro-batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from painter_kit.inference.canvas import block_mask, half_mask, stitch, to_tensor
from painter_kit.tasks.base import segment_type_of
from painter_kit.training.recipe import MaskSettings
from painter_kit.types import SegmentType


class Episode(Protocol):
    """Two painted pictures of one task, prompt first; uint8 (2, S, S, 3) and float32 weights."""

    @property
    def task(self) -> str: ...  # noqa: D102
    @property
    def images(self) -> npt.NDArray[np.uint8]: ...  # noqa: D102
    @property
    def targets(self) -> npt.NDArray[np.uint8]: ...  # noqa: D102
    @property
    def weights(self) -> npt.NDArray[np.float32]: ...  # noqa: D102


class EpisodeSource(Protocol):
    """An endless sequence of episodes; the i-th depends on the source's seed and i alone."""

    def episode(self, index: int) -> Episode:
        """The episode of this index."""
        ...


@dataclass(frozen=True)
class MicroBatch:
    """``images``, ``targets``, ``valid`` (N, 3, 2S, S); ``mask`` (N, rows, columns)."""

    tasks: tuple[str, ...]
    images: Tensor
    targets: Tensor
    valid: Tensor
    mask: Tensor

    @property
    def segment_types(self) -> list[SegmentType]:
        """SegGPT's type token of each sample's task."""
        return [segment_type_of(task) for task in self.tasks]

    def to(self, device: torch.device, dtype: torch.dtype = torch.float32) -> MicroBatch:
        """The same on ``device``, floats as ``dtype``."""

        def moved(floats: Tensor) -> Tensor:
            return floats.to(device, dtype, non_blocking=True)

        mask = self.mask.to(device, non_blocking=True)
        images, targets, valid = moved(self.images), moved(self.targets), moved(self.valid)
        return MicroBatch(self.tasks, images, targets, valid, mask)

    def pin(self) -> MicroBatch:
        """The same in page-locked memory, which GPUs read while they compute."""
        columns = (self.images, self.targets, self.valid, self.mask)
        return MicroBatch(self.tasks, *(column.pin_memory() for column in columns))


class BatchSource(EpisodeSource, Protocol):
    """Samples by number, which depend on the source's seed and their number alone; and the
    pictures of a sample as an episode."""

    def batch(self, indices: Sequence[int]) -> MicroBatch:
        """The micro-batch of these samples, on the CPU."""
        ...


@dataclass(frozen=True)
class EpisodeBatches:
    """Episodes as samples; masks are keyed by (seed, index) too."""

    source: EpisodeSource
    seed: int
    masks: MaskSettings
    patch: int

    def episode(self, index: int) -> Episode:
        """That of the source."""
        return self.source.episode(index)

    def batch(self, indices: Sequence[int]) -> MicroBatch:
        """The micro-batch of these episodes."""
        episodes = [self.source.episode(i) for i in indices]
        side = episodes[0].images.shape[1]
        grid = (2 * side // self.patch, side // self.patch)
        drawn = [draw_mask(self.seed, i, self.masks, *grid) for i in indices]
        weights = torch.from_numpy(np.stack([e.weights for e in episodes]))
        return MicroBatch(
            tuple(e.task for e in episodes),
            _canvas(np.stack([e.images for e in episodes])),
            _canvas(np.stack([e.targets for e in episodes])),
            stitch(*(half.permute(0, 3, 1, 2) for half in weights.unbind(1))),
            torch.from_numpy(np.stack(drawn)),
        )


def _canvas(pictures: npt.NDArray[np.uint8]) -> Tensor:
    """uint8 (N, 2, S, S, 3) -> normalised (N, 3, 2S, S)."""
    return stitch(to_tensor(pictures[:, 0], "cpu"), to_tensor(pictures[:, 1], "cpu"))


def draw_mask(
    seed: int, index: int, masks: MaskSettings, rows: int, columns: int
) -> npt.NDArray[np.uint8]:
    """The token mask (rows, columns) of one sample: the query half, or random blocks."""
    rng = np.random.default_rng([seed, index, 0x4D41534B])
    if rng.random() < masks.half_ratio:
        return half_mask(rows, columns)
    tokens = rows * columns
    total, largest = round(masks.hidden * tokens), max(1, round(masks.largest * tokens))
    smallest = min(largest, max(1, round(masks.smallest * tokens)))
    return block_mask(rng, rows, columns, total, smallest, largest)
