"""The learnable prompt: two pictures that stay valid 8-bit images at every step."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from painter_kit.inference.canvas import resize_picture
from painter_kit.model.painter import IMAGE_MEAN, IMAGE_STD
from painter_kit.types import Coding, Image, Pair, Spec


class LearnedPair(nn.Module):
    """Input and target picture as RGB in 0..1, projected back into that range after each step.

    Projection rather than a squashing function: painted targets sit at exactly 0 or 255, where
    a squashing function has no gradient. ``coding`` is the start's and does not change.
    """

    def __init__(self, start: Pair, spec: Spec, device: torch.device) -> None:
        super().__init__()
        self.coding: Coding = start.coding
        side = spec.canvas
        self.input = nn.Parameter(_unit(resize_picture(start.image, side, spec.image_resize)))
        self.target = nn.Parameter(_unit(resize_picture(start.target, side, spec.target_resize)))
        self.to(device)

    def forward(self) -> tuple[Tensor, Tensor]:
        """Normalised input and target, each (1, 3, S, S)."""
        mean = torch.tensor(IMAGE_MEAN, device=self.input.device).view(1, 3, 1, 1)
        std = torch.tensor(IMAGE_STD, device=self.input.device).view(1, 3, 1, 1)
        return (self.input - mean) / std, (self.target - mean) / std

    @torch.no_grad()
    def project(self) -> None:
        """Clip to 0..1."""
        self.input.clamp_(0, 1)
        self.target.clamp_(0, 1)

    def pair(self) -> Pair:
        """The pictures as they will be stored: rounded to 8 bits, S x S."""
        return Pair(_picture(self.input), _picture(self.target), self.coding)


def _unit(picture: Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def _picture(unit: Tensor) -> Image:
    levels = (unit.detach() * 255).round().to(torch.uint8)
    return levels[0].permute(1, 2, 0).contiguous().cpu().numpy()
