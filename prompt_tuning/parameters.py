"""The learnable prompt: two pictures that stay valid 8-bit images at every step.

Every way of holding a picture is a ``Picture``: values with a gradient, a forward pass that gives
the RGB picture which the network sees, and a projection after each step. All but ``author`` keep
the picture within 0..1 while they learn, so that the stored image is what was learned.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from painter_kit.errors import InputError
from painter_kit.inference.canvas import resize_picture
from painter_kit.model.painter import IMAGE_MEAN, IMAGE_STD
from painter_kit.types import Coding, Image, Pair, Spec
from prompt_tuning.config import TuneConfig

_LEVELS = 255
_HALF_LEVEL = 0.5 / _LEVELS


class Picture(nn.Module):
    """RGB (1, 3, S, S) in 0..1, clipped to that range after each step (``rgb``).

    Clipping rather than a squashing function: painted targets sit at exactly 0 or 255, where a
    squashing function has no gradient. Subclasses narrow what the picture may be.
    """

    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(start.clone())

    def forward(self) -> Tensor:
        """The RGB picture (1, 3, S, S), differentiable in ``values``."""
        return self.values

    @torch.no_grad()
    def project(self) -> None:
        """Bring the values back to where they may be."""
        self.values.clamp_(0, 1)


class Normalised(Picture):
    """Values in the network's normalised units, free to leave 0..1 (``author``).

    The authors describe tensors in that space and no bounds. What leaves 0..1 is clipped when
    the picture is stored, and in the steps that round, so that those learn what will be stored.
    """

    def __init__(self, start: Tensor) -> None:
        mean, std = _statistics(start)
        super().__init__((start - mean) / std)

    def forward(self) -> Tensor:
        """RGB, not clipped."""
        mean, std = _statistics(self.values)
        return self.values * std + mean

    def project(self) -> None:
        """Nothing is bounded."""


class Residual(Picture):
    """A picture near its start: no value, or the root mean square, differs by more than a budget.

    Half a level is kept back from the ``budget`` (0..1), so that it also holds after rounding.
    """

    def __init__(self, start: Tensor, budget: float, norm: str) -> None:
        super().__init__(start)
        self.register_buffer("start", start.clone(), persistent=False)
        self.start: Tensor
        self.radius, self.norm = budget - _HALF_LEVEL, norm

    @torch.no_grad()
    def project(self) -> None:
        """Into the ball around the start, then into 0..1, which leads no further from it."""
        change = self.values - self.start
        if self.norm == "linf":
            change.clamp_(-self.radius, self.radius)
        else:
            size = float(change.square().mean().sqrt())
            change *= min(1.0, self.radius / max(size, 1e-12))
        self.values.copy_((self.start + change).clamp_(0, 1))


class Border(Picture):
    """Only a frame of ``width`` pixels is learned; the interior stays as it was."""

    def __init__(self, start: Tensor, width: int) -> None:
        super().__init__(start)
        frame = torch.ones_like(start, dtype=torch.bool)
        frame[..., width:-width, width:-width] = False
        self.register_buffer("start", start.clone(), persistent=False)
        self.register_buffer("frame", frame, persistent=False)
        self.start: Tensor
        self.frame: Tensor

    def forward(self) -> Tensor:
        """The frame from the values, all else from the start."""
        return torch.where(self.frame, self.values, self.start)


class Palette(Picture):
    """Every pixel shows one of the ``colours`` (K, 3): the one nearest to its values.

    The gradient passes as if nothing were snapped. ``channels`` are those that are locked; the
    others are free.
    """

    def __init__(self, start: Tensor, colours: Tensor, channels: tuple[int, ...]) -> None:
        super().__init__(start)
        self.register_buffer("colours", colours[:, list(channels)], persistent=False)
        self.colours: Tensor
        self.channels = list(channels)

    def forward(self) -> Tensor:
        """The values, snapped."""
        with torch.no_grad():
            snapped = self.values.clone()
            pixels = self.values[0, self.channels].flatten(1).T  # (S * S, channels)
            nearest = torch.cdist(pixels, self.colours, p=1).argmin(1)
            shape = len(self.channels), *self.values.shape[2:]
            snapped[0, self.channels] = self.colours[nearest].T.reshape(shape)
        return self.values + (snapped - self.values).detach()


class LearnedPair(nn.Module):
    """Input and target picture of a prompt; ``config`` says which are learned, and how.

    ``coding`` is the start's and does not change. With ``rounding`` the network sees pictures
    rounded to 8 bits, while gradients pass as if they were not (straight-through). Raises
    ``InputError`` where the pictures cannot be held in that way.
    """

    def __init__(
        self, start: Pair, spec: Spec, device: torch.device, config: TuneConfig | None = None
    ) -> None:
        super().__init__()
        config, side = config or TuneConfig(), spec.canvas
        self.coding: Coding = start.coding
        self.rounding = False
        image = _unit(resize_picture(start.image, side, spec.image_resize))
        target = _unit(resize_picture(start.target, side, spec.target_resize))
        make_input, make_target = make_pictures(config, spec.with_coding(start.coding))
        self.input, self.target = make_input(image), make_target(target)
        self.input.requires_grad_(config.learn in ("both", "input"))
        self.target.requires_grad_(config.learn in ("both", "target"))
        self.to(device)

    def forward(self) -> tuple[Tensor, Tensor]:
        """Normalised input and target, each (1, 3, S, S)."""
        return self._seen(self.input), self._seen(self.target)

    def _seen(self, picture: Picture) -> Tensor:
        unit = picture()
        if self.rounding:
            unit = unit + (_rounded(unit) - unit).detach()
        mean, std = _statistics(unit)
        return (unit - mean) / std

    @property
    def learned(self) -> list[nn.Parameter]:
        """The values that get gradients."""
        return [p for p in self.parameters() if p.requires_grad]

    def project(self) -> None:
        """Bring both pictures back to where they may be."""
        for picture in (self.input, self.target):
            picture.project()

    def roughness(self) -> Tensor:
        """Total variation of the input: mean absolute difference of neighbours, scalar."""
        unit = self.input()
        across, down = unit.diff(dim=-1).abs().mean(), unit.diff(dim=-2).abs().mean()
        return across + down

    def pair(self) -> Pair:
        """The pictures as they will be stored: clipped and rounded to 8 bits, S x S."""
        return Pair(_picture(self.input), _picture(self.target), self.coding)


def make_pictures(
    config: TuneConfig, spec: Spec
) -> tuple[Callable[[Tensor], Picture], Callable[[Tensor], Picture]]:
    """What makes input and target from their starts (1, 3, S, S).

    Raises ``InputError`` for a frame that leaves no interior and for a palette that is not there.
    """
    kind = config.parametrisation
    if kind == "author":
        return Normalised, Normalised
    if kind == "border":
        width = config.border_width or max(1, spec.canvas // 8)
        if 2 * width >= spec.canvas:
            raise InputError(
                f"border_width of tuning must be below {spec.canvas // 2}, half the side of the "
                f"pictures, but got {width}"
            )
        frame = partial(Border, width=width)
        return frame, frame
    if kind == "palette":
        colours = palette_colours(spec)
        # Keypoints have their classes in green and blue; red is heat, which has no palette.
        channels = (1, 2) if spec.task == "keypoint" else (0, 1, 2)
        return Picture, partial(Palette, colours=colours, channels=channels)
    if kind.startswith("residual-"):
        norm = kind.removeprefix("residual-")
        near = partial(Residual, budget=config.residual_budget, norm=norm)
        return near, near
    return Picture, Picture


def palette_colours(spec: Spec) -> Tensor:
    """The colours (K, 3) in 0..1 that targets of the task are painted in; black is unlabelled.

    Raises ``InputError`` for a task without a palette.
    """
    if not spec.coding.palette:
        raise InputError(
            f"parametrisation palette: targets of {spec.task} are not painted in a palette; use "
            "it for semantic, foreground or keypoint, or another parametrisation"
        )
    colours = dict.fromkeys((*spec.coding.palette, (0, 0, 0)))
    return torch.tensor(list(colours), dtype=torch.float32) / _LEVELS


def _statistics(like: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation (1, 3, 1, 1) of the normalisation, in the dtype of ``like``."""
    mean, std = (like.new_tensor(values).view(1, 3, 1, 1) for values in (IMAGE_MEAN, IMAGE_STD))
    return mean, std


def _rounded(unit: Tensor) -> Tensor:
    return (unit.clamp(0, 1) * _LEVELS).round() / _LEVELS


def _unit(picture: Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / _LEVELS


@torch.no_grad()
def _picture(picture: Picture) -> Image:
    levels = (_rounded(picture()) * _LEVELS).round().to(torch.uint8)
    return levels[0].permute(1, 2, 0).contiguous().cpu().numpy()
