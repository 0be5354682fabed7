"""What happened since the last log line: losses by task, flat patches, and where time went."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from painter_kit.distributed import gather
from painter_kit.model.losses import LossName, pixel_mask, sample_losses
from painter_kit.training.batches import MicroBatch

# Below this contrast outputs are one colour per patch, which users report of failed trainings.
FLAT = 0.1
# Targets whose patches vary less (normalised units) have nothing to be flat against.
_VARIES = 0.05


@torch.no_grad()
def patch_contrast(prediction: Tensor, targets: Tensor, mask: Tensor, patch: int) -> Tensor:
    """Standard deviation inside hidden patches of the prediction over that of the targets.

    ``prediction`` and ``targets`` normalised (N, 3, H, W), ``mask`` (N, h, w) with 1 = hidden.
    Only patches whose targets vary count; NaN when there is none. Near 1 for good outputs, near
    0 when every patch is painted in one colour.
    """
    painted, wanted = (_deviation(t.float(), patch) for t in (prediction, targets))
    counted = mask.bool() & (wanted > _VARIES)
    return painted[counted].sum() / wanted[counted].sum()


def _deviation(canvas: Tensor, patch: int) -> Tensor:
    """(N, h, w): the standard deviation inside every patch, averaged over channels."""
    n, channels, height, width = canvas.shape
    patches = canvas.reshape(n, channels, height // patch, patch, width // patch, patch)
    return patches.std(dim=(3, 5), correction=0).mean(dim=1)


@dataclass
class Meter:
    """Collects on the device and reads it at the end only: reading makes a GPU wait."""

    loss: LossName
    patch: int
    data_seconds: float = 0.0
    skipped: int = 0
    _losses: list[tuple[tuple[str, ...], Tensor]] = field(default_factory=list)
    _contrasts: list[Tensor] = field(default_factory=list)

    @torch.no_grad()
    def note(self, batch: MicroBatch, prediction: Tensor) -> None:
        """Take in one micro-batch and what was painted for it."""
        prediction = prediction.detach()
        hidden = pixel_mask(batch.mask.to(batch.targets.dtype), self.patch)
        losses = sample_losses(self.loss, prediction, batch.targets, hidden, batch.valid)
        self._losses.append((batch.tasks, losses))
        contrast = patch_contrast(prediction, batch.targets, batch.mask, self.patch)
        self._contrasts.append(contrast)

    def summary(self, seconds: float, iterations: int, samples: int) -> dict[str, float]:
        """Means over all processes since the last call, as named numbers; starts anew.

        ``seconds`` went by for ``iterations`` updates of ``samples`` samples each. Losses are
        means over samples; tasks that did not occur are left out.
        """
        merged: dict[str, list[float]] = defaultdict(list)
        contrasts, data, skipped = [], 0.0, self.skipped
        for losses, contrast, waited in gather(self._plain()):
            for task, values in losses.items():
                merged[task] += values
            contrasts += contrast
            data = max(data, waited)
        self._losses.clear()
        self._contrasts.clear()
        self.data_seconds, self.skipped = 0.0, 0
        every = [value for values in merged.values() for value in values]
        values = {f"loss/{task}": sum(v) / len(v) for task, v in sorted(merged.items())}
        values["loss/all"] = sum(every) / max(1, len(every))
        values["train/samples_per_s"] = samples * iterations / seconds
        values["train/step_seconds"] = seconds / iterations
        values["train/data_seconds"] = data / iterations
        values["health/skipped_updates"] = float(skipped)
        if contrasts:
            values["health/patch_contrast"] = sum(contrasts) / len(contrasts)
        return values

    def _plain(self) -> tuple[dict[str, list[float]], list[float], Any]:
        """This process's finite losses by task and contrasts, and the time it waited for data."""
        losses: dict[str, list[float]] = defaultdict(list)
        for tasks, values in self._losses:
            for task, value in zip(tasks, values.tolist(), strict=True):
                if math.isfinite(value):
                    losses[task].append(value)
        contrasts = [float(c) for c in self._contrasts if math.isfinite(float(c))]
        return dict(losses), contrasts, self.data_seconds


def flat_warning(contrast: float) -> str:
    """What to do about outputs of one colour per patch; empty when they are not."""
    if not contrast < FLAT:
        return ""
    return (
        f"outputs are one flat colour per patch (contrast {contrast:.3f} of the targets'): the "
        "model has learnt positions and means only; lower optim.lr, start from a Painter or MAE "
        "checkpoint, or train longer"
    )
