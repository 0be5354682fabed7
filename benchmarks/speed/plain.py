"""The network as its formulas say it: explicit attention, whole canvases, the loss computed.

Plain on purpose: what the package's own path is compared with, in speed and in numbers. It takes
the released layout only (streams that merge, the light head, the canvas that the model was made
for).
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from painter_kit.model.attention import Attention, Block
from painter_kit.model.painter import Painter

BETA, EPS = 0.01, 0.01


def plain_forward(
    model: Painter, images: Tensor, targets: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    """The loss, scalar, and the painted canvas (N, 3, 2S, S), normalised.

    ``images`` and ``targets`` (N, 3, 2S, S) normalised, ``mask`` (1, h, w) with 1 = hidden.
    """
    tokens, latents = _embed(model, images, targets, mask), []
    for index, block in enumerate(cast("list[Block]", model.blocks)):
        tokens = tokens + _attend(block.attn, block.norm1(tokens))
        tokens = tokens + block.mlp(block.norm2(tokens))
        if index == model.merge_after:
            tokens = 0.5 * (tokens[: len(images)] + tokens[len(images) :])
        if index in model.taps:
            latents.append(model.norm(tokens))
    painted = _decode(model, torch.cat(latents, dim=-1))
    return _loss(_patches(painted, model), _patches(targets, model), mask), painted


def _embed(model: Painter, images: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Both streams as one batch (2N, h, w, D), images first."""
    x, y = model.patch_embed(images), model.patch_embed(targets)
    hidden = mask[..., None].to(y.dtype)
    y = y * (1 - hidden) + model.mask_token * hidden
    side = int((model.pos_embed.shape[1] - 1) ** 0.5)
    square = model.pos_embed[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    place = F.interpolate(square, x.shape[1:3], mode="bicubic", align_corners=False)
    place = place.permute(0, 2, 3, 1)
    return torch.cat([x + model.segment_token_x + place, y + model.segment_token_y + place])


def _attend(layer: Attention, x: Tensor) -> Tensor:
    b, h, w, c = x.shape
    heads = layer.num_heads
    q, k, v = layer.qkv(x).reshape(b, h * w, 3, heads, -1).permute(2, 0, 3, 1, 4)
    grid = q.reshape(b, heads, h, w, -1)
    rel_h = torch.einsum("bnhwc,hkc->bnhwk", grid, _relative(layer.rel_pos_h, h))
    rel_w = torch.einsum("bnhwc,wkc->bnhwk", grid, _relative(layer.rel_pos_w, w))
    logits = (q * layer.scale) @ k.transpose(-1, -2)
    logits = logits.view(b, heads, h, w, h, w) + rel_h[..., None] + rel_w[..., None, :]
    out = logits.view(b, heads, h * w, h * w).softmax(-1) @ v
    return layer.proj(out.transpose(1, 2).reshape(b, h, w, c))


def _relative(table: Tensor, n: int) -> Tensor:
    """The table's row for every query and key position on an axis: (n, n, d)."""
    positions = torch.arange(n)
    return table[positions[:, None] - positions[None, :] + n - 1]


def _decode(model: Painter, features: Tensor) -> Tensor:
    n, h, w, _ = features.shape
    p = model.patch_size
    pixels = model.decoder_embed(features).view(n, h, w, p, p, -1)
    return model.decoder_pred(torch.einsum("nhwpqc->nchpwq", pixels).reshape(n, -1, h * p, w * p))


def _patches(canvas: Tensor, model: Painter) -> Tensor:
    """(N, 3, H, W) -> (N, h * w, p * p * 3)."""
    n, _, height, width = canvas.shape
    p = model.patch_size
    grid = canvas.view(n, 3, height // p, p, width // p, p)
    return torch.einsum("nchpwq->nhwpqc", grid).reshape(n, -1, p * p * 3)


def _loss(painted: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    weight = mask.flatten(1)[..., None].to(painted.dtype).expand_as(painted)
    loss = F.smooth_l1_loss(painted, targets, reduction="none", beta=BETA)
    return (loss * weight).sum() / (weight.sum() + EPS)
