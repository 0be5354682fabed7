"""The loss on pairs that are not trained on, which the released trainer looks at every epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from painter_kit.data.transforms import policy_of
from painter_kit.evaluation.order import generator, keyed_order
from painter_kit.inference.canvas import half_mask
from painter_kit.model.losses import pixel_mask, sample_losses
from painter_kit.model.painter import Painter
from painter_kit.training.batches import MicroBatch
from painter_kit.training.pools import PairPool
from painter_kit.training.precision import autocast
from painter_kit.training.stitching import whole_sample


@dataclass(frozen=True)
class HeldOut:
    """Pairs of pools by task, as the released trainer validates on them.

    Every pair is a query whose whole output is hidden, under another pair of its list drawn by
    ``seed``; pictures are resized whole. At most ``most`` queries per task (None: all), the same
    ones each time, in batches of ``batch``.
    """

    pools: Mapping[str, PairPool]
    side: int
    patch: int
    seed: int
    batch: int
    most: int | None = None

    @torch.inference_mode()
    def losses(self, model: Painter, precision: str = "fp32") -> dict[str, float]:
        """Mean loss of each task's samples and of all (``all``), in evaluation mode.

        Samples whose target does not count (empty instances or keypoints) are left out. Leaves
        the model in evaluation mode.
        """
        model.eval()
        found: dict[str, list[float]] = {}
        for task in self.pools:
            values = [v for batch in self._batches(task) for v in _losses(model, batch, precision)]
            found[task] = [value for value in values if math.isfinite(value)]
        every = [value for values in found.values() for value in values]
        named = {**found, "all": every}
        return {name: sum(v) / len(v) for name, v in named.items() if v}

    def _batches(self, task: str) -> Iterator[MicroBatch]:
        numbers = range(len(self.pools[task]))
        chosen = [int(i) for i in keyed_order([str(i) for i in numbers], "held out", self.seed)]
        chosen = chosen[: self.most]
        for start in range(0, len(chosen), self.batch):
            yield self._stitched(task, chosen[start : start + self.batch])

    def _stitched(self, task: str, queries: Sequence[int]) -> MicroBatch:
        pool, policy, rows = self.pools[task], policy_of(task), []
        for query in queries:
            prompt = int(generator(self.seed, "partner", query).integers(len(pool)))
            rows.append(whole_sample(*pool.pairs(prompt, query), self.side, policy))
        grid = 2 * self.side // self.patch, self.side // self.patch
        mask = torch.from_numpy(half_mask(*grid)).expand(len(rows), -1, -1)
        images, targets, valid = (torch.stack(column) for column in zip(*rows, strict=True))
        return MicroBatch((task,) * len(rows), images, targets, valid, mask)


def _losses(model: Painter, batch: MicroBatch, precision: str) -> list[float]:
    device = model.mask_token.device
    batch = batch.to(device)
    with autocast(precision, device):
        painted = model.predict(batch.images, batch.targets, batch.mask)
    hidden = pixel_mask(batch.mask.to(batch.targets.dtype), model.patch_size)
    return sample_losses(model.loss, painted, batch.targets, hidden, batch.valid).tolist()
