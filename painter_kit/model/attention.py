"""Global attention with decomposed relative position, and the transformer block.

Released code: query positions (a, b) and key positions (c, d) add ``q . Rh[a - c] +
q . Rw[b - d]`` to the logits, with the unscaled query; tables are shared by the heads of a
block. No block of the released model is windowed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from timm.layers import DropPath, Mlp
from torch import Tensor, nn

# With gradients and up to this many tokens, holding N x N logits costs less than the fused
# kernel's padding.
FEW_TOKENS = 512
# In inference the bias is made for as many pictures and heads at once as fit into this many
# numbers, which stay in a core's cache; at least one head of one picture.
BIAS_ELEMENTS = 2**18


def resize_table(table: Tensor, length: int) -> Tensor:
    """A relative-position table (L, d) brought to (length, d) by linear interpolation."""
    if table.shape[0] == length:
        return table
    columns = table.T[None]  # (1, d, L)
    return F.interpolate(columns, size=length, mode="linear", align_corners=False)[0].T


def relative_logits(
    q: Tensor, table_h: Tensor, table_w: Tensor, rows: int, first: int = 0
) -> tuple[Tensor, Tensor]:
    """Position terms of unscaled queries, for every key row and for every key column.

    Args:
        q: (B, heads, h, w, d), the queries of the grid rows ``first`` .. ``first + h``.
        rows: of the whole grid, which is that of the keys.

    Returns:
        (B, heads, h, w, rows) and (B, heads, h, w, w), views of one product.
    """
    b, heads, h, w, _ = q.shape
    long, wide = 2 * rows - 1, 2 * w - 1
    # With the tables reversed, what a query needs for the keys in order lies side by side:
    # from ``rows - 1 - a`` on for a query in row a, so a view that slips by one per row.
    tables = torch.cat([resize_table(table_h, long), resize_table(table_w, wide)]).flip(0)
    product = q.reshape(-1, q.shape[-1]) @ tables.T  # columns, then rows: reversed together
    size = wide + long
    outer = (heads * h * w * size, h * w * size)
    rel_h = product.as_strided(
        (b, heads, h, w, rows), (*outer, w * size - 1, size, 1), wide + rows - 1 - first
    )
    rel_w = product.as_strided((b, heads, h, w, w), (*outer, w * size, size - 1, 1), w - 1)
    return rel_h, rel_w


@lru_cache(maxsize=8)
def _places(h: int, w: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """One-hot row and column of every key: (h * w, h + w)."""
    with torch.inference_mode(False):
        rows = torch.eye(h, dtype=dtype, device=device).repeat_interleave(w, dim=0)
        columns = torch.eye(w, dtype=dtype, device=device).repeat(h, 1)
        return torch.cat([rows, columns], dim=-1)


def forget_places() -> None:
    """Drop what is cached, which after a pass without data (fake tensors) has none either."""
    _places.cache_clear()


def _augment(q: Tensor, k: Tensor, rel_h: Tensor, rel_w: Tensor) -> tuple[Tensor, Tensor]:
    """Queries and keys whose products hold the position terms too.

    The terms become extra query channels that meet one-hot key channels.
    """
    places = _places(rel_h.shape[-1], rel_w.shape[-1], k.dtype, k.device)
    grid = q.unflatten(2, rel_h.shape[2:4])
    q = torch.cat([grid, rel_h, rel_w], dim=-1).flatten(2, 3)
    return q, torch.cat([k, places.expand(*k.shape[:2], -1, -1)], dim=-1)


def attend_explicit(
    q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor, scale: float
) -> Tensor:
    """Attention as the formula says, for few tokens; shapes as in ``attend_augmented``."""
    q, k = _augment(q * scale, k, rel_h, rel_w)
    return (q @ k.transpose(-1, -2)).softmax(-1) @ v


def attend_augmented(
    q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor, scale: float
) -> Tensor:
    """Attention whose backward never holds N x N where a fused kernel exists.

    The fused kernel needs no bias with augmented queries and keys. q (B, heads, M, d) for the
    queries of some rows, k and v (B, heads, N, d) for all; v is padded because the kernel wants
    equal widths.
    """
    width = v.shape[-1]
    q, k = _augment(q * scale, k, rel_h, rel_w)
    v = F.pad(v, (0, q.shape[-1] - width))
    return F.scaled_dot_product_attention(q, k, v, scale=1.0)[..., :width]


def attend_biased(
    q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor, scale: float
) -> Tensor:
    """Attention for inference: fused, the bias made for a few pictures and heads at a time."""
    batch, heads, queries, width = q.shape
    cells = queries * k.shape[2]
    across = max(1, min(heads, BIAS_ELEMENTS // cells))
    down = max(1, min(batch, BIAS_ELEMENTS // (heads * cells)))
    space = q.new_empty(down, across, *rel_h.shape[2:], rel_w.shape[-1])
    out = q.new_empty(batch, queries, heads, width).transpose(1, 2)
    for i in range(0, batch, down):
        for j in range(0, heads, across):
            part = slice(i, i + down), slice(j, j + across)
            bias = space[: min(down, batch - i), : min(across, heads - j)]
            torch.add(rel_h[part][..., None], rel_w[part][..., None, :], out=bias)
            mask = bias.flatten(4).flatten(2, 3)
            out[part] = F.scaled_dot_product_attention(
                q[part], k[part], v[part], attn_mask=mask, scale=scale
            )
    return out


def choose_attention(tokens: int, grad: bool) -> Callable[..., Tensor]:
    """The fastest of the three equal forms for this many tokens, with or without gradients."""
    if not grad:
        return attend_biased
    return attend_explicit if tokens <= FEW_TOKENS else attend_augmented


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

    def forward(self, x: Tensor, first: int = 0) -> Tensor:
        """x (B, h, w, C) -> (B, h - first, w, C): the rows from ``first`` on look at all."""
        b, h, w, c = x.shape
        q, k, v = self._project(x, first)
        if not self.use_rel_pos:
            out = F.scaled_dot_product_attention(q, k, v, scale=self.scale)
        else:
            tables = self.rel_pos_h.to(q.dtype), self.rel_pos_w.to(q.dtype)
            rel_h, rel_w = relative_logits(q.unflatten(2, (h - first, w)), *tables, h, first)
            attend = choose_attention(h * w, torch.is_grad_enabled())
            out = attend(q, k, v, rel_h, rel_w, self.scale)
        return self.proj(out.transpose(1, 2).reshape(b, h - first, w, c))

    def _project(self, x: Tensor, first: int) -> tuple[Tensor, ...]:
        """Queries of the rows from ``first`` on, keys and values of all: (B, heads, .., d)."""
        if first == 0:
            return self._heads(self.qkv(x), 3)
        c = x.shape[-1]
        weight, bias = self.qkv.weight, self.qkv.bias
        parts = (bias[:c], bias[c:]) if bias is not None else (None, None)
        q = F.linear(x[:, first:], weight[:c], parts[0])
        keys_values = F.linear(x, weight[c:], parts[1])
        return *self._heads(q, 1), *self._heads(keys_values, 2)

    def _heads(self, projected: Tensor, count: int) -> tuple[Tensor, ...]:
        """(B, h, w, count * C) -> ``count`` tensors (B, heads, h * w, d)."""
        split = projected.flatten(1, 2).unflatten(-1, (count, self.num_heads, -1))
        return split.permute(2, 0, 3, 1, 4).unbind(0)


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

    def forward(self, x: Tensor, first: int = 0, prompts: int = 1) -> Tensor:
        """x (B, h, w, C) -> (B, h - first, w, C).

        Args:
            first: only the grid rows from this one on are computed, at most the lower half's
                first.
            prompts: feature ensemble over every so many consecutive entries, see
                ``share_queries``.
        """
        attended = self.attn(self.norm1(x), first)
        if prompts > 1:
            attended = share_queries(attended, x.shape[1] // 2, prompts)
        x = x[:, first:] + self.drop_path(attended)
        return x + self.drop_path(self.mlp(self.norm2(x)))


def share_queries(attended: Tensor, rows: int, prompts: int) -> Tensor:
    """SegGPT's feature ensemble: the last ``rows`` rows become their mean over the prompts.

    ``attended`` (B, h, w, C) holds B / ``prompts`` queries, each under every prompt in turn.
    """
    entries = attended.unflatten(0, (-1, prompts))
    prompt, query = entries.split([entries.shape[2] - rows, rows], dim=2)
    query = query.mean(dim=1, keepdim=True).expand_as(query)
    return torch.cat([prompt, query], dim=2).flatten(0, 1)
