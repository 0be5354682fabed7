"""Optimiser, learning rate and averaged weights, all from libraries."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
from timm.optim import muon, param_groups_layer_decay
from timm.scheduler.cosine_lr import CosineLRScheduler
from timm.scheduler.scheduler import Scheduler

from painter_kit.errors import InputError
from painter_kit.model.painter import Painter
from painter_kit.training.precision import native_bf16
from painter_kit.training.recipe import OptimSettings

# The inner matrices of the blocks: what Muon's orthogonal updates are made for.
_MUON = re.compile(r"blocks\.\d+\.(attn\.(qkv|proj)|mlp\.fc[12])\.weight")


def parameter_groups(model: Painter, settings: OptimSettings) -> list[dict[str, Any]]:
    """Groups by layer and decay (released code).

    Positions and patch embedding are layer 0, block i is layer i + 1, all else the last layer;
    a layer's rate is ``layer_decay`` to the power of its distance from the last. Vectors and
    ``pos_embed`` are not decayed.
    """
    return param_groups_layer_decay(
        model,
        weight_decay=settings.weight_decay,
        no_weight_decay_list=("pos_embed",),
        layer_decay=settings.layer_decay,
        fallback_list=_outside_muon(model) if settings.name == "muon" else (),
    )


def _outside_muon(model: Painter) -> list[str]:
    return [name for name, _ in model.named_parameters() if not _MUON.fullmatch(name)]


def freeze(model: Painter, patterns: Sequence[str]) -> None:
    """Stop the training of parameters whose names match a pattern such as ``blocks.*``.

    Raises ``InputError`` for a pattern that matches none, and when nothing is left to train.
    """
    for pattern in patterns:
        matched = [p for name, p in model.named_parameters() if fnmatchcase(name, pattern)]
        if not matched:
            raise InputError(
                f"freeze: {pattern!r} matches no parameter; names: blocks.0.attn.qkv.weight "
                "or decoder_pred.0.weight; * stands for anything"
            )
        for parameter in matched:
            parameter.requires_grad_(False)
    if not any(p.requires_grad for p in model.parameters()):
        raise InputError("freeze: nothing is left to train")


class Muon(muon.Muon):
    """Muon whose orthogonal updates are products of fp32 where those of bf16 are emulated.

    timm always makes them in bf16 and has no option for it: on processors without such
    instructions they took as long as the gradients.
    """

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update of every parameter that has a gradient."""
        if native_bf16(self.param_groups[0]["params"][0].device):
            return super().step(closure)
        fp32 = partial(muon.zeropower_via_newtonschulz, dtype=torch.float32)
        with patch.object(muon, "zeropower_via_newtonschulz", fp32):
            return super().step(closure)


def build_optimizer(model: Painter, settings: OptimSettings) -> torch.optim.Optimizer:
    """The optimiser of a recipe over the trainable parameters of ``model``."""
    groups = parameter_groups(model, settings)
    if settings.name == "adamw":
        return torch.optim.AdamW(groups, lr=settings.lr, betas=settings.betas)
    return Muon(
        groups,
        lr=settings.lr,
        betas=settings.betas,
        nesterov=True,
        ns_coefficients="original",
        adjust_lr_fn="original",
        fallback_lr_scale=settings.fallback_scale,
    )


class LinearSchedule(Scheduler):
    """Linear warm-up from 0, a constant rate, and a line to ``lr_min`` at ``total`` updates.

    Up to update ``hold``, where the line begins, the total does not matter: how long a run is
    may be decided while it runs.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, warmup: int, hold: int, total: int, lr_min: float
    ) -> None:
        super().__init__(optimizer, param_group_field="lr", t_in_epochs=False)
        self.warmup, self.hold, self.total, self.lr_min = warmup, hold, total, lr_min

    def _get_lr(self, t: int) -> list[float]:
        if t < self.warmup:
            return [base * t / self.warmup for base in self.base_values]
        left = min(1.0, (self.total - t) / (self.total - self.hold))
        return [self.lr_min + (base - self.lr_min) * left for base in self.base_values]


def build_schedule(
    optimizer: torch.optim.Optimizer, settings: OptimSettings, iterations: int
) -> Scheduler:
    """Linear warm-up from 0, then a half cosine to ``min_lr`` or a constant rate that ends in a
    line; call ``step_update(iteration)`` before the update of that iteration (the first update
    thus has rate 0, as released)."""
    warmup = round(settings.warmup * iterations)
    if settings.schedule == "linear":
        hold = min(iterations - 1, round((1 - settings.decay) * iterations))
        return LinearSchedule(optimizer, warmup, hold, iterations, settings.min_lr)
    return CosineLRScheduler(
        optimizer,
        t_initial=max(1, iterations - warmup),
        lr_min=settings.min_lr,
        warmup_t=warmup,
        warmup_prefix=True,
        t_in_epochs=False,
    )
