"""Optimiser, learning rate and averaged weights, all from libraries."""

from __future__ import annotations

import re
from typing import Any

import torch
from timm.optim import param_groups_layer_decay
from timm.optim.muon import Muon
from timm.scheduler.cosine_lr import CosineLRScheduler

from painter_kit.model.painter import Painter
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


def build_schedule(
    optimizer: torch.optim.Optimizer, settings: OptimSettings, iterations: int
) -> CosineLRScheduler:
    """Linear warm-up from 0, then a half cosine to ``min_lr``; call ``step_update(iteration)``
    before the update of that iteration (the first update thus has rate 0, as released)."""
    warmup = round(settings.warmup * iterations)
    return CosineLRScheduler(
        optimizer,
        t_initial=max(1, iterations - warmup),
        lr_min=settings.min_lr,
        warmup_t=warmup,
        warmup_prefix=True,
        t_in_epochs=False,
    )
