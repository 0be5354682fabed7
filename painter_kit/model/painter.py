"""The Painter network: tensors in, tensors out (paper 3.2; released code)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
import torch.nn.functional as F
from timm.layers import LayerNorm2d
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from painter_kit.model.attention import Block
from painter_kit.model.losses import LossName, masked_loss, pixel_mask, sees_enough
from painter_kit.types import SegmentType

IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)

HeadName: TypeAlias = Literal["light", "linear"]

# In inference the light head paints so many numbers of its input at once: those of the embedded
# model in one piece, a tenth of ViT-L's half canvas.
STRIP_ELEMENTS = 2**20 + 2**18


# The type of all samples of a batch, or of each.
SegmentTypes: TypeAlias = SegmentType | Sequence[SegmentType]


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
        head: HeadName = "light",
        type_tokens: bool = False,
    ) -> None:
        super().__init__()
        self.img_size = (int(img_size[0]), int(img_size[1]))
        self.patch_size = patch_size
        self.loss: LossName = loss
        self.taps, self.merge_after, self.head = tuple(taps), merge_after, head
        self.type_tokens = type_tokens
        # Computes blocks again in the backward pass instead of keeping what they need for it.
        self.checkpoint_blocks = False
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
        segment_type: SegmentTypes = "instance",
    ) -> PainterOutput:
        """Paint, and compare with the targets where they are hidden.

        Args:
            images: (N, 3, 2S, S) normalised image canvas.
            targets: (N, 3, 2S, S) normalised target canvas; hidden pixels only matter to the
                loss, and must be finite.
            mask: (N or 1, rows, columns) on the token grid, 1 = hidden.
            valid: (N, 3, 2S, S) weights of the loss, ones if None; never written to.
            segment_type: SegGPT's type token (its default), one for all or one per sample; no
                meaning without type tokens.
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
        segment_type: SegmentTypes = "instance",
    ) -> Tensor:
        """The painted canvas (N, 3, 2S, S), normalised; shapes as in ``forward``."""
        return self.decode(self.encode(images, targets, mask, segment_type))

    def predict_query(
        self, images: Tensor, target_stream: Tensor, segment_type: SegmentTypes = "instance"
    ) -> Tensor:
        """Only the query half of ``predict``'s canvas (N, 3, S, S), without work for the other.

        Args:
            images: (N, 3, 2S, S) normalised image canvas.
            target_stream: of the prompt, (1, h, w, D) from ``target_stream``; with P prompts
                (P, h, w, D) the images are (N * P, 3, 2S, S), each query under every prompt in
                turn, and the query halves are one (SegGPT's feature ensemble).
        """
        x = self._alone(self.embed_images(images, segment_type), len(target_stream))
        start = images.shape[2] // self.patch_size // 2 - self._halo
        latents = self._merged(self._merge(x, target_stream), start, len(target_stream))
        return self.decode(latents, self._halo)

    def target_stream(
        self, targets: Tensor, mask: Tensor, segment_type: SegmentTypes = "instance"
    ) -> Tensor:
        """The target stream (P, h, w, D) as it is merged: the same for all queries of a prompt.

        ``targets`` (P, 3, 2S, S) are those of one prompt, or of prompts that paint together.
        """
        return self._alone(self._embed_targets(targets, mask, segment_type), len(targets))

    def image_stream(self, images: Tensor, segment_type: SegmentType = "instance") -> Tensor:
        """The image stream (N, h, w, D) as it is merged, to the end if it never is: what the
        model makes of canvases (N, 3, 2S, S) before it is shown any target."""
        x = self.embed_images(images, segment_type)
        for block in self.blocks[: self.blocks_alone]:
            x = self._through(block, x, 0, 1)
        return x

    @property
    def blocks_alone(self) -> int:
        """How many blocks the image stream goes through by itself."""
        return len(self.blocks) if self.merge_after is None else self._merge_before

    def encode(
        self,
        images: Tensor,
        targets: Tensor,
        mask: Tensor,
        segment_type: SegmentTypes = "instance",
    ) -> list[Tensor]:
        """Normalised features (N, h, w, D) after each tapped block."""
        x = self.embed_images(images, segment_type)
        y = self._embed_targets(targets, mask, segment_type)
        if self.merge_after is not None:
            # Until they merge, the streams share weights and don't see each other: one batch.
            x, y = self._alone(torch.cat([x, y])).chunk(2)
        return self._merged(self._merge(x, y))

    def embed_images(self, images: Tensor, segment_type: SegmentTypes = "instance") -> Tensor:
        """The image stream (N, h, w, D) as the first block takes it."""
        x = self.patch_embed(images)
        return x + self.segment_token_x + self._place(x.shape[1], x.shape[2], segment_type)

    def _embed_targets(self, targets: Tensor, mask: Tensor, segment_type: SegmentTypes) -> Tensor:
        y = self.patch_embed(targets)
        hidden = mask[..., None].to(y.dtype)
        y = y * (1 - hidden) + self.mask_token * hidden
        return y + self.segment_token_y + self._place(y.shape[1], y.shape[2], segment_type)

    @property
    def _merge_before(self) -> int:
        """Index of the first block that both streams go through together."""
        return 0 if self.merge_after is None else self.merge_after + 1

    def _alone(self, tokens: Tensor, prompts: int = 1) -> Tensor:
        """One or both streams through the blocks before the merge."""
        for block in self.blocks[: self._merge_before]:
            tokens = self._through(block, tokens, 0, prompts)
        return tokens

    def _through(self, block: nn.Module, tokens: Tensor, first: int, prompts: int) -> Tensor:
        """One block; with ``checkpoint_blocks`` it is computed again in the backward pass."""
        if self.checkpoint_blocks and torch.is_grad_enabled():
            return checkpoint(block, tokens, first, prompts, use_reentrant=False)
        return block(tokens, first, prompts)

    def _merge(self, x: Tensor, y: Tensor) -> Tensor:
        """The two streams (N, h, w, D) as one; a shorter ``y`` serves ``x`` in turn."""
        groups = x.unflatten(0, (-1, len(y)))
        if self.merge_after is None:
            return torch.cat([groups, y.expand_as(groups)], dim=3).flatten(0, 1)
        return (0.5 * (groups + y)).flatten(0, 1)

    def _merged(self, tokens: Tensor, start: int = 0, prompts: int = 1) -> list[Tensor]:
        """Normalised features after each tapped block, of the grid rows from ``start`` on.

        Of prompts that paint together the first one's are taken (released code).
        """
        latents = []
        last = len(self.blocks) - 1
        if self.merge_after in self.taps:
            latents.append(self._tapped(tokens[::prompts, start:]))
        for index in range(self._merge_before, last + 1):
            # Nothing looks at what the last block makes of the other rows.
            first = start if index == last else 0
            tokens = self._through(self.blocks[index], tokens, first, prompts)
            if index in self.taps:
                rows = 0 if index == last else start
                latents.append(self._tapped(tokens[::prompts, rows:]))
        return latents

    def _tapped(self, tokens: Tensor) -> Tensor:
        kept = tokens.chunk(2, dim=2)[1] if self.merge_after is None else tokens
        return self.norm(kept)

    def _place(self, rows: int, columns: int, segment_type: SegmentTypes) -> Tensor:
        """What both streams are told of their place and, with type tokens, of their type."""
        position = self._position(rows, columns)
        if not self.type_tokens:
            return position
        tokens = {"semantic": self.type_token_cls, "instance": self.type_token_ins}
        if isinstance(segment_type, str):
            return position + tokens[segment_type]
        return position + torch.cat([tokens[kind] for kind in segment_type])

    def _position(self, rows: int, columns: int) -> Tensor:
        """Absolute positions (1, rows, columns, D), bicubic from the pre-training grid."""
        table = self.pos_embed[:, 1:]
        side = int(table.shape[1] ** 0.5)
        if (side, side) == (rows, columns):
            return table.view(1, side, side, -1)
        square = table.view(1, side, side, -1).permute(0, 3, 1, 2)
        resized = F.interpolate(square, (rows, columns), mode="bicubic", align_corners=False)
        return resized.permute(0, 2, 3, 1)

    @property
    def _halo(self) -> int:
        """Token rows above the query half that its pixels depend on: the 3x3 convolution's."""
        return 1 if self.head == "light" else 0

    def decode(self, latents: list[Tensor], halo: int = 0) -> Tensor:
        """Tapped features -> painted canvas (N, 3, H, W), normalised.

        With ``halo`` 1 the first row of tokens is not painted; only its last row of pixels is
        made, for the convolution to see.
        """
        canvas = self._decoder_canvas(torch.cat(latents, dim=-1), halo)
        return self._painted(canvas)[:, :, halo:] if self.head == "light" else canvas

    def _painted(self, canvas: Tensor) -> Tensor:
        """What the light head makes of (N, C, H, W): (N, 3, H, W).

        Without gradients a large canvas goes strip by strip, each with the rows beside it that its
        pixels depend on: what is held between the layers stays small.
        """
        height = canvas.shape[2]
        rows = max(1, STRIP_ELEMENTS * height // canvas.numel())
        if torch.is_grad_enabled() or rows >= height:
            return self.decoder_pred(canvas)
        painted = canvas.new_empty(canvas.shape[0], 3, *canvas.shape[2:])
        for start in range(0, height, rows):
            stop, above = min(height, start + rows), int(start > 0)
            strip = self.decoder_pred(canvas[:, :, start - above : stop + 1])
            painted[:, :, start:stop] = strip[:, :, above : above + stop - start]
        return painted

    def _decoder_canvas(self, features: Tensor, halo: int) -> Tensor:
        """(N, h, w, taps x D) -> (N, C, halo + (h - halo) x patch, w x patch), channels last.

        So laid out, whole patch rows are copied, and the head is faster.
        """
        pixels = self.decoder_embed(features[:, halo:])
        n, rows, columns, _ = pixels.shape
        p = self.patch_size
        grid = pixels.unflatten(-1, (p, -1)).transpose(2, 3)
        if halo:
            canvas = grid.new_empty(n, 1 + rows * p, columns, grid.shape[-1])
            canvas[:, 1:].unflatten(1, (rows, p)).copy_(grid)
            weight, bias = (t.chunk(p)[-1] for t in self.decoder_embed.parameters())
            canvas[:, :1] = F.linear(features[:, :1], weight, bias)
        else:
            canvas = grid.flatten(1, 2)
        return canvas.unflatten(-1, (p, -1)).flatten(2, 3).permute(0, 3, 1, 2)
