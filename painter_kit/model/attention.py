"""Global attention with decomposed relative position, and the transformer block.

Released code: query positions (a, b) and key positions (c, d) add ``q . Rh[a - c] +
q . Rw[b - d]`` to the logits, with the unscaled query; tables are shared by the heads of a
block. No block of the released model is windowed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from timm.layers import DropPath, Mlp
from torch import Tensor, nn

# With up to this many tokens, holding N x N logits costs less than the fused kernel's padding.
FEW_TOKENS = 512
# In inference the bias is made for as many heads at once as fit into this many numbers: all
# heads of a small model, one head of ViT-L at 896 x 448.
BIAS_ELEMENTS = 4_000_000


def resize_table(table: Tensor, length: int) -> Tensor:
    """A relative-position table (L, d) brought to (length, d) by linear interpolation."""
    if table.shape[0] == length:
        return table
    columns = table.T[None]  # (1, d, L)
    return F.interpolate(columns, size=length, mode="linear", align_corners=False)[0].T


def relative_rows(table: Tensor, n: int) -> Tensor:
    """Rows of the table for every query and key position on an axis: (n, n, d)."""
    positions = torch.arange(n, device=table.device)
    index = positions[:, None] - positions[None, :] + n - 1
    return resize_table(table, 2 * n - 1)[index]


def relative_logits(q: Tensor, table_h: Tensor, table_w: Tensor) -> tuple[Tensor, Tensor]:
    """Position terms of unscaled queries (B, heads, h, w, d): (.., h, w, h) and (.., h, w, w)."""
    h, w = q.shape[2:4]
    rel_h = torch.einsum("bnhwc,hkc->bnhwk", q, relative_rows(table_h, h))
    rel_w = torch.einsum("bnhwc,wkc->bnhwk", q, relative_rows(table_w, w))
    return rel_h, rel_w


def _augment(q: Tensor, k: Tensor, rel_h: Tensor, rel_w: Tensor) -> tuple[Tensor, Tensor]:
    """Queries and keys whose products hold the position terms too.

    The terms become extra query channels that meet one-hot key channels.
    """
    h, w = rel_h.shape[-1], rel_w.shape[-1]
    eye_h = torch.eye(h, dtype=k.dtype, device=k.device).repeat_interleave(w, dim=0)
    eye_w = torch.eye(w, dtype=k.dtype, device=k.device).repeat(h, 1)
    places = torch.cat([eye_h, eye_w], dim=-1).expand(*k.shape[:2], -1, -1)
    q = torch.cat([q, rel_h.flatten(2, 3), rel_w.flatten(2, 3)], dim=-1)
    return q, torch.cat([k, places], dim=-1)


def attend_explicit(q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor) -> Tensor:
    """Attention as the formula says, for few tokens; shapes as in ``attend_augmented``."""
    q, k = _augment(q, k, rel_h, rel_w)
    return (q @ k.transpose(-1, -2)).softmax(-1) @ v


def attend_augmented(q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor) -> Tensor:
    """Attention whose backward never holds N x N where a fused kernel exists.

    The fused kernel needs no bias with augmented queries and keys. q, k, v (B, heads, N, d),
    q scaled; v is padded because the kernel wants equal widths.
    """
    width = v.shape[-1]
    q, k = _augment(q, k, rel_h, rel_w)
    v = F.pad(v, (0, q.shape[-1] - width))
    return F.scaled_dot_product_attention(q, k, v, scale=1.0)[..., :width]


def attend_biased(q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor) -> Tensor:
    """Attention for inference: fused, with the bias made for a few heads at a time."""
    batch, heads, tokens, _ = q.shape
    step = max(1, min(heads, BIAS_ELEMENTS // (batch * tokens * tokens)))
    out = torch.empty_like(v)
    for i in range(0, heads, step):
        part = slice(i, i + step)
        bias = rel_h[:, part, :, :, :, None] + rel_w[:, part, :, :, None, :]
        bias = bias.reshape(batch, -1, tokens, tokens)
        out[:, part] = F.scaled_dot_product_attention(
            q[:, part], k[:, part], v[:, part], attn_mask=bias, scale=1.0
        )
    return out


def choose_attention(tokens: int, grad: bool) -> Callable[..., Tensor]:
    """The fastest of the three equal forms for this many tokens, with or without gradients."""
    if tokens <= FEW_TOKENS:
        return attend_explicit
    return attend_augmented if grad else attend_biased


class Attention(nn.Module):
    """Multi-head self-attention over a grid of tokens.

    Args:
        dim: width; ``dim / num_heads`` is the width of the relative-position tables.
        grid: (rows, columns) of the trained token grid, which sizes the tables.
    """

    def __init__(
        self, dim: int, num_heads: int, grid: tuple[int, int], qkv_bias: bool, use_rel_pos: bool
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = (dim // num_heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
        self.use_rel_pos = use_rel_pos
        if use_rel_pos:
            self.rel_pos_h = nn.Parameter(torch.zeros(2 * grid[0] - 1, dim // num_heads))
            self.rel_pos_w = nn.Parameter(torch.zeros(2 * grid[1] - 1, dim // num_heads))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, h, w, C) -> (B, h, w, C)."""
        b, h, w, c = x.shape
        qkv = self.qkv(x).view(b, h * w, 3, self.num_heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, heads, N, d)
        if not self.use_rel_pos:
            out = F.scaled_dot_product_attention(q, k, v, scale=self.scale)
        else:
            rel_h, rel_w = relative_logits(
                q.unflatten(2, (h, w)), self.rel_pos_h.to(q.dtype), self.rel_pos_w.to(q.dtype)
            )
            out = choose_attention(h * w, torch.is_grad_enabled())(
                q * self.scale, k, v, rel_h, rel_w
            )
        return self.proj(out.transpose(1, 2).reshape(b, h, w, c))


class Block(nn.Module):
    """Pre-norm transformer block on (B, h, w, C): attention, then an MLP with exact GELU."""

    def __init__(
        self,
        dim: int,
        num_heads: int,
        grid: tuple[int, int],
        mlp_ratio: float,
        qkv_bias: bool,
        drop_path: float,
        use_rel_pos: bool,
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, num_heads, grid, qkv_bias, use_rel_pos)
        self.drop_path = DropPath(drop_path) if drop_path > 0 else nn.Identity()
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, h, w, C) -> (B, h, w, C)."""
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))
