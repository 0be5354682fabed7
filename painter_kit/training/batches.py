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
from painter_kit.training.recipe import MaskSettings


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


def make_batch(
    source: EpisodeSource,
    indices: Sequence[int],
    seed: int,
    masks: MaskSettings,
    patch: int,
    device: torch.device,
) -> MicroBatch:
    """The micro-batch of these episode indices; masks are keyed by (seed, index) too."""
    episodes = [source.episode(i) for i in indices]
    side = episodes[0].images.shape[1]
    drawn = [draw_mask(seed, i, masks, 2 * side // patch, side // patch) for i in indices]
    images = _canvas(np.stack([e.images for e in episodes]), device)
    targets = _canvas(np.stack([e.targets for e in episodes]), device)
    weights = torch.from_numpy(np.stack([e.weights for e in episodes])).to(device)
    valid = stitch(*(half.permute(0, 3, 1, 2) for half in weights.unbind(1)))
    mask = torch.from_numpy(np.stack(drawn)).to(device)
    return MicroBatch(tuple(e.task for e in episodes), images, targets, valid, mask)


def _canvas(pictures: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    """uint8 (N, 2, S, S, 3) -> normalised (N, 3, 2S, S)."""
    return stitch(to_tensor(pictures[:, 0], device), to_tensor(pictures[:, 1], device))


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
