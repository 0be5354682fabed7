"""The same network in transformers: ``SegGptForImageSegmentation``; without our own type tokens
theirs are zero."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from painter_kit.model.builders import ModelConfig
from painter_kit.model.painter import Painter
from painter_kit.model.seggpt import to_their_config, to_transformers
from painter_kit.types import SegmentType


def make_seggpt(model: Painter, config: ModelConfig) -> Any:
    """Their model with our weights, strictly loaded, in evaluation mode.

    Raises ``ModuleNotFoundError`` when transformers is not installed.
    """
    from transformers import SegGptConfig, SegGptForImageSegmentation  # pyright: ignore

    theirs = SegGptForImageSegmentation(SegGptConfig(**to_their_config(config)))
    state = to_transformers(model.state_dict())
    theirs.load_state_dict(state, strict=True)
    return theirs.eval()


def paint_seggpt(
    theirs: Any, images: Tensor, targets: Tensor, segment_type: SegmentType = "instance"
) -> Tensor:
    """The painted canvas (N, 3, 2S, S); it stacks and masks by itself.

    ``images`` (N, 3, 2S, S), ``targets`` (N, 3, 2S, S) of which the upper half is read.
    """
    prompt, query = images.chunk(2, dim=2)
    target = targets.chunk(2, dim=2)[0]
    pictures = {"pixel_values": query, "prompt_pixel_values": prompt, "prompt_masks": target}
    return theirs(**pictures, embedding_type=segment_type).pred_masks
