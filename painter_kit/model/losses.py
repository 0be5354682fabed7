"""The masked regression loss on normalised pixels (paper 3.2; released code)."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

LossName = Literal["smoothl1", "l1", "l2", "l1l2"]
LOSSES: tuple[LossName, ...] = ("smoothl1", "l1", "l2", "l1l2")

SMOOTH_L1_BETA = 0.01  # in normalised units
DENOMINATOR_EPS = 0.01
BLACK_LIMIT = 300.0  # summed 0..1 values: 100 pixels of pure white


def elementwise_loss(name: LossName, prediction: Tensor, target: Tensor) -> Tensor:
    """Unreduced loss of two tensors of equal shape."""
    if name == "smoothl1":
        return F.smooth_l1_loss(prediction, target, reduction="none", beta=SMOOTH_L1_BETA)
    difference = prediction - target
    if name == "l1":
        return difference.abs()
    if name == "l2":
        return difference**2
    return 0.5 * (difference.abs() + difference**2)


def pixel_mask(mask: Tensor, patch: int) -> Tensor:
    """Token mask (N, h, w) -> pixel mask (N, 1, h * patch, w * patch), 1 = hidden."""
    return mask.repeat_interleave(patch, 1).repeat_interleave(patch, 2)[:, None]


def sees_enough(targets: Tensor, hidden: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """The black-prompt rule: (N,) False where the visible target is almost black.

    ``targets`` normalised (N, 3, H, W), ``hidden`` the pixel mask. A sample whose visible,
    de-normalised values sum to less than ``BLACK_LIMIT`` tells nothing about its task; the
    released code leaves it out of the loss.
    """
    visible = (targets * std + mean) * (1 - hidden)
    return visible.sum(dim=(1, 2, 3)) >= BLACK_LIMIT


def masked_loss(
    name: LossName, prediction: Tensor, targets: Tensor, hidden: Tensor, valid: Tensor
) -> Tensor:
    """Weighted mean over hidden pixels of the whole batch.

    ``prediction``, ``targets`` and ``valid`` (weights) are (N, 3, H, W); ``hidden`` is
    (N, 1, H, W). Weights enter numerator and denominator. Always computed in float32 or better.
    """
    wide = torch.promote_types(prediction.dtype, torch.float32)
    weight = hidden.to(wide) * valid.to(wide)
    loss = elementwise_loss(name, prediction.to(wide), targets.to(wide)) * weight
    return loss.sum() / (weight.expand_as(loss).sum() + DENOMINATOR_EPS)


def sample_losses(
    name: LossName, prediction: Tensor, targets: Tensor, hidden: Tensor, valid: Tensor
) -> Tensor:
    """The same loss of every sample by itself, (N,); NaN where nothing is hidden and valid."""
    weight = hidden * valid
    wide = torch.promote_types(prediction.dtype, torch.float32)
    loss = elementwise_loss(name, prediction.to(wide), targets.to(wide)) * weight
    return loss.sum(dim=(1, 2, 3)) / weight.expand_as(loss).sum(dim=(1, 2, 3))
