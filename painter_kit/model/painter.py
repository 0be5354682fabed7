"""The Painter network: tensors in, tensors out (paper 3.2; released code)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from timm.layers import LayerNorm2d
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from painter_kit.model.attention import Block
from painter_kit.model.losses import LossName, masked_loss, pixel_mask, sees_enough

IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)

SegmentType = Literal["semantic", "instance"]


@dataclass(frozen=True)
class PainterOutput:
    """``loss`` scalar, ``prediction`` (N, 3, 2S, S) in normalised units."""

    loss: Tensor
    prediction: Tensor


class PatchEmbed(nn.Module):
    """Pixels (N, C, H, W) -> tokens (N, h, w, D)."""

    def __init__(self, patch: int, in_chans: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_chans, dim, kernel_size=patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        """Project every patch; one projection serves both streams."""
        return self.proj(x).permute(0, 2, 3, 1)


def _light_head(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, kernel_size=3, padding=1),
        LayerNorm2d(channels, eps=1e-6),
        nn.GELU(),
        nn.Conv2d(channels, 3, kernel_size=1),
    )


class Painter(nn.Module):
    """A ViT that paints the hidden part of a target canvas, given the image canvas.

    Every argument defaults to the released ViT-L, whose parameter names and shapes this class
    reproduces (352 entries, 370,721,155 parameters).

    Args:
        img_size: (H, W) of the canvas; other canvases are accepted at call time, positions are
            then interpolated.
        pretrain_img_size: side of the square pictures that ``pos_embed`` was made for.
        loss: ``smoothl1``, ``l1``, ``l2`` or ``l1l2``.
        taps: 0-based indices of the blocks whose outputs feed the decoder.
        merge_after: 0-based index of the block after which the image and the target stream are
            averaged; None keeps both streams side by side as one wider grid to the end (an
            ablation: the paper does not say how its unmerged variant is laid out).
        head: ``light`` (linear, 3x3 convolution, 1x1 convolution) or ``linear``.
        type_tokens: adds SegGPT's two type tokens; ``segment_type`` of a call chooses one.
    """

    def __init__(
        self,
        img_size: tuple[int, int] = (896, 448),
        patch_size: int = 16,
        in_chans: int = 3,
        embed_dim: int = 1024,
        depth: int = 24,
        num_heads: int = 16,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        drop_path_rate: float = 0.1,
        use_rel_pos: bool = True,
        pretrain_img_size: int = 224,
        decoder_embed_dim: int = 64,
        loss: LossName = "smoothl1",
        taps: Sequence[int] = (5, 11, 17, 23),
        merge_after: int | None = 2,
        head: Literal["light", "linear"] = "light",
        type_tokens: bool = False,
    ) -> None:
        super().__init__()
        self.img_size = (int(img_size[0]), int(img_size[1]))
        self.patch_size = patch_size
        self.loss: LossName = loss
        self.taps, self.merge_after, self.head = tuple(taps), merge_after, head
        self.type_tokens = type_tokens
        self.checkpoint_blocks = False  # recompute activations in backward instead of keeping them
        grid = (self.img_size[0] // patch_size, self.img_size[1] // patch_size)
        if merge_after is None:
            grid = (grid[0], 2 * grid[1])
        pretrain_patches = (pretrain_img_size // patch_size) ** 2

        self.patch_embed = PatchEmbed(patch_size, in_chans, embed_dim)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, 1, embed_dim))
        self.segment_token_x = nn.Parameter(torch.zeros(1, 1, 1, embed_dim))
        self.segment_token_y = nn.Parameter(torch.zeros(1, 1, 1, embed_dim))
        if type_tokens:
            self.type_token_cls = nn.Parameter(torch.zeros(1, 1, 1, embed_dim))
            self.type_token_ins = nn.Parameter(torch.zeros(1, 1, 1, embed_dim))
        # Index 0 is the class position of the pre-training; kept for the checkpoint, unused.
        self.pos_embed = nn.Parameter(torch.zeros(1, pretrain_patches + 1, embed_dim))
        rates = torch.linspace(0, drop_path_rate, depth, device="cpu").tolist()
        self.blocks = nn.ModuleList(
            Block(embed_dim, num_heads, grid, mlp_ratio, qkv_bias, rate, use_rel_pos)
            for rate in rates
        )
        self.norm = nn.LayerNorm(embed_dim, eps=1e-6)
        out_chans = decoder_embed_dim if head == "light" else 3
        self.decoder_embed = nn.Linear(len(self.taps) * embed_dim, patch_size**2 * out_chans)
        if head == "light":
            self.decoder_pred = _light_head(decoder_embed_dim)
        # Not persistent: the released checkpoint has no buffers. Real even under a meta device.
        for name, values in (("mean", IMAGE_MEAN), ("std", IMAGE_STD)):
            buffer = torch.tensor(values, device="cpu").view(1, 3, 1, 1)
            self.register_buffer(name, buffer, persistent=False)
        self.mean: Tensor
        self.std: Tensor
        self._initialise()

    def _initialise(self) -> None:
        for name, parameter in self.named_parameters(recurse=False):
            if name == "pos_embed":
                nn.init.trunc_normal_(parameter, std=0.02)
            else:
                nn.init.normal_(parameter, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """Layers for layer-wise learning rates, in timm's form (released code)."""
        return {
            "stem": r"^pos_embed|^patch_embed",
            "blocks": r"^blocks\.(\d+)"
            if coarse
            else [(r"^blocks\.(\d+)", None), (r".*", (10**6,))],
        }

    @property
    def canvas(self) -> int:
        """S, the side in pixels of the square sub-image that the model was made for."""
        return self.img_size[1]

    def forward(
        self,
        images: Tensor,
        targets: Tensor,
        mask: Tensor,
        valid: Tensor | None = None,
        segment_type: SegmentType = "instance",
    ) -> PainterOutput:
        """Paint, and compare with the targets where they are hidden.

        Args:
            images: (N, 3, 2S, S) normalised image canvas.
            targets: (N, 3, 2S, S) normalised target canvas; hidden pixels only matter to the
                loss, and must be finite.
            mask: (N or 1, rows, columns) on the token grid, 1 = hidden.
            valid: (N, 3, 2S, S) weights of the loss, ones if None; never written to.
            segment_type: SegGPT's type token (its default); no meaning without type tokens.
        """
        prediction = self.predict(images, targets, mask, segment_type)
        mask = mask.to(targets.dtype).expand(images.shape[0], -1, -1)
        hidden = pixel_mask(mask, self.patch_size)
        valid = torch.ones_like(targets) if valid is None else valid.to(targets.dtype)
        seen = sees_enough(targets, hidden, self.mean, self.std)
        valid = valid * seen[:, None, None, None].to(valid.dtype)
        return PainterOutput(masked_loss(self.loss, prediction, targets, hidden, valid), prediction)

    def predict(
        self,
        images: Tensor,
        targets: Tensor,
        mask: Tensor,
        segment_type: SegmentType = "instance",
    ) -> Tensor:
        """The painted canvas (N, 3, 2S, S), normalised; shapes as in ``forward``."""
        return self.decode(self.encode(images, targets, mask, segment_type))

    def encode(
        self,
        images: Tensor,
        targets: Tensor,
        mask: Tensor,
        segment_type: SegmentType = "instance",
    ) -> list[Tensor]:
        """Normalised features (N, h, w, D) after each tapped block."""
        x, y = self.patch_embed(images), self.patch_embed(targets)
        hidden = mask[..., None].to(y.dtype)
        y = y * (1 - hidden) + self.mask_token * hidden
        position = self._position(x.shape[1], x.shape[2])
        if self.type_tokens:
            semantic = segment_type == "semantic"
            position = position + (self.type_token_cls if semantic else self.type_token_ins)
        x = x + self.segment_token_x + position
        y = y + self.segment_token_y + position
        return self._blocks(x, y)

    def _blocks(self, x: Tensor, y: Tensor) -> list[Tensor]:
        # Until they merge, the two streams share weights and don't see each other: one batch.
        tokens = torch.cat([x, y], dim=2 if self.merge_after is None else 0)
        latents = []
        lean = self.checkpoint_blocks and torch.is_grad_enabled()
        for index, block in enumerate(self.blocks):
            tokens = checkpoint(block, tokens, use_reentrant=False) if lean else block(tokens)
            if index == self.merge_after:
                image_stream, target_stream = tokens.chunk(2)
                tokens = 0.5 * (image_stream + target_stream)
            if index in self.taps:
                kept = tokens.chunk(2, dim=2)[1] if self.merge_after is None else tokens
                latents.append(self.norm(kept))
        return latents

    def _position(self, rows: int, columns: int) -> Tensor:
        """Absolute positions (1, rows, columns, D), bicubic from the pre-training grid."""
        table = self.pos_embed[:, 1:]
        side = int(table.shape[1] ** 0.5)
        if (side, side) == (rows, columns):
            return table.view(1, side, side, -1)
        square = table.view(1, side, side, -1).permute(0, 3, 1, 2)
        resized = F.interpolate(square, (rows, columns), mode="bicubic", align_corners=False)
        return resized.permute(0, 2, 3, 1)

    def decode(self, latents: list[Tensor]) -> Tensor:
        """Tapped features -> painted canvas (N, 3, 2S, S), normalised."""
        pixels = self.decoder_embed(torch.cat(latents, dim=-1))
        n, rows, columns, _ = pixels.shape
        p = self.patch_size
        # Channels stay last in memory: whole patch rows are copied, and the head is faster.
        pixels = pixels.view(n, rows, columns, p, p, -1).transpose(2, 3)
        pixels = pixels.reshape(n, rows * p, columns * p, -1).permute(0, 3, 1, 2)
        return self.decoder_pred(pixels) if self.head == "light" else pixels
