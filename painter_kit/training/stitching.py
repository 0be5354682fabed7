"""Two pairs of a task, each augmented, one above the other: samples as the released trainer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from painter_kit.data.transforms import (
    FILTERS,
    Policy,
    crop_box,
    policy_of,
    training_pair,
    whole_pair,
)
from painter_kit.data.world.episodes import Episode
from painter_kit.errors import InputError
from painter_kit.evaluation.order import generator
from painter_kit.inference.canvas import half_mask, stitch, to_tensor
from painter_kit.model.painter import IMAGE_MEAN, IMAGE_STD
from painter_kit.training.batches import MicroBatch, draw_mask
from painter_kit.training.pools import PairPool
from painter_kit.training.recipe import MaskSettings
from painter_kit.types import Image, Pair

CPU = torch.device("cpu")
# The second crop, across the seam of the two pairs: area and aspect (w / h).
_RECROP = ((0.3, 1.0), (0.3, 0.7))
# Fewer painted values than this on a canvas of 896 x 448 x 3 count as none (released code).
_FEWEST, _AREA = 300, 896 * 448
_FOREGROUND = 10.0


class PairBatches:
    """Endless samples from pools of pairs; the i-th depends on seed and i alone.

    The task is drawn by ``mix``, both pairs uniformly from its pool (they may be the same), which
    gives every pair the weight of the released sampler: its task's share over the size of its
    list. Numbers go on over epochs, so that (seed, number) stands for (seed, epoch, sample).
    Raises ``InputError`` when a task with a share has no pairs.
    """

    def __init__(
        self,
        pools: Mapping[str, PairPool],
        mix: Mapping[str, float],
        seed: int,
        side: int,
        patch: int,
        masks: MaskSettings,
    ) -> None:
        chosen = {task: share for task, share in mix.items() if share > 0}
        for task in chosen:
            if not len(pools.get(task, ())):
                have = ", ".join(pools) or "none"
                raise InputError(f"mix: there are no pairs of {task}; there are those of {have}")
        if not chosen:
            raise InputError("mix: at least one task needs a weight above 0")
        self.pools, self.seed, self.side, self.patch, self.masks = pools, seed, side, patch, masks
        self._tasks = tuple(chosen)
        weights = np.array(list(chosen.values()), np.float64)
        self._shares = np.cumsum(weights / weights.sum())

    @property
    def epoch_length(self) -> int:
        """Samples of one epoch: as many as there are pairs of the tasks that are drawn."""
        return sum(len(self.pools[task]) for task in self._tasks)

    def batch(self, indices: Sequence[int]) -> MicroBatch:
        """The samples of these numbers, on the CPU."""
        rows = [self._sample(index) for index in indices]
        tasks, *columns = zip(*rows, strict=True)
        return MicroBatch(tuple(tasks), *(torch.stack(column) for column in columns))

    def episode(self, index: int) -> Episode:
        """The pictures of a sample, whole and without weights, for looking at."""
        task, first, second = self._draw(index)[:3]
        pairs = self.pools[task].pairs(first, second)
        policy = policy_of(task)
        made = [whole_pair(p.image, p.target, self.side, policy) for p in pairs]
        images, targets = (np.stack(pictures) for pictures in zip(*made, strict=True))
        return Episode(task, images, targets, np.ones(images.shape, np.float32))

    def _draw(self, index: int) -> tuple[str, int, int, np.random.Generator]:
        rng = generator(self.seed, "pairs", index)
        place = int(np.searchsorted(self._shares[:-1], rng.random(), side="right"))
        task = self._tasks[place]
        first, second = rng.integers(len(self.pools[task]), size=2).tolist()
        return task, first, second, rng

    def _sample(self, index: int) -> tuple[str, Tensor, Tensor, Tensor, Tensor]:
        task, first, second, rng = self._draw(index)
        policy = policy_of(task)
        made = [
            training_pair(pair.image, pair.target, self.side, policy, rng)
            for pair in self.pools[task].pairs(first, second)
        ]
        images, targets = (_canvas(halves) for halves in zip(*made, strict=True))
        grid = (2 * self.side // self.patch, self.side // self.patch)
        mask = draw_mask(self.seed, index, self.masks, *grid)
        if policy.recropped and not np.array_equal(mask, half_mask(*grid)):
            images, targets = recrop(images, targets, policy, rng)
        valid = valid_map(targets, policy)
        return task, images, targets, valid, torch.from_numpy(mask)


def _canvas(halves: Sequence[Image]) -> Tensor:
    """Two uint8 (S, S, 3) pictures -> normalised (3, 2S, S), the first above."""
    return stitch(*(to_tensor(half[None], CPU) for half in halves))[0]


def whole_sample(
    prompt: Pair, query: Pair, side: int, policy: Policy
) -> tuple[Tensor, Tensor, Tensor]:
    """Images, targets and valid map (3, 2S, S) of two pairs without chance, the prompt above."""
    made = [whole_pair(pair.image, pair.target, side, policy) for pair in (prompt, query)]
    images, targets = (_canvas(halves) for halves in zip(*made, strict=True))
    return images, targets, valid_map(targets, policy)


def recrop(
    images: Tensor, targets: Tensor, policy: Policy, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """One crop of both canvases (3, 2S, S), resized without antialiasing (released code)."""
    height, width = images.shape[1:]
    box = crop_box(rng, (height, width), *_RECROP)

    def cut(canvas: Tensor, resize: str) -> Tensor:
        return F.resized_crop(canvas, *box, [height, width], FILTERS[resize], antialias=False)

    return cut(images, "bicubic"), cut(targets, policy.target_resize)


def valid_map(targets: Tensor, policy: Policy, fewest: float | None = None) -> Tensor:
    """Weights (3, 2S, S) of the loss for a normalised target canvas, value by value.

    With fewer than ``fewest`` painted values (by default 300 of a canvas of 896 x 448, scaled by
    area) a target of instances or keypoints is empty and does not count at all.
    """
    if policy.counted == "all":
        return torch.ones_like(targets)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (IMAGE_MEAN, IMAGE_STD))
    threshold = (policy.black - mean) / std
    if policy.counted == "painted":
        return (targets >= threshold).to(targets.dtype)
    painted = targets > threshold
    if fewest is None:
        fewest = _FEWEST * targets.shape[1] * targets.shape[2] / _AREA
    if int(painted.sum()) < fewest:
        return torch.zeros_like(targets)
    weight = _FOREGROUND if policy.counted == "foreground" else 1.0
    return torch.where(painted, weight, 1.0).to(targets.dtype)
