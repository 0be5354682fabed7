"""What the frozen model itself makes of a picture: a vector to tell likeness by, never quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from painter_kit.inference.canvas import query_half, resize_picture, stitch, to_tensor
from painter_kit.types import Image

if TYPE_CHECKING:
    from painter_kit.inference.predictor import Predictor
    from painter_kit.model.painter import Painter

Floats = npt.NDArray[np.float32]


@torch.inference_mode()
def image_features(predictor: Predictor, images: Sequence[Image]) -> Floats:
    """float32 (N, D): each picture's tokens of the image stream, averaged over the picture.

    The stream is followed to where the target stream joins it (to the end if it never does),
    with the picture, uint8 (H, W, 3), in both halves of the canvas, so that no prompt has a
    say. Batches have one shape, as in painting.
    """
    model, n = predictor.model, predictor.batch_size
    device = model.mask_token.device
    rows = [np.zeros((0, model.segment_token_x.shape[-1]), np.float32)]
    for start in range(0, len(images), n):
        chunk = [resize_picture(i, model.canvas, "bicubic") for i in images[start : start + n]]
        padded = chunk + [chunk[-1]] * (n - len(chunk))
        tokens = _image_stream(model, to_tensor(np.stack(padded), device))
        pooled = tokens.flatten(1, 2).mean(1)[: len(chunk)]
        rows.append(pooled.float().cpu().numpy())
    return np.concatenate(rows)


def _image_stream(model: Painter, pictures: torch.Tensor) -> torch.Tensor:
    """Tokens (N, h, w, D) of the query half; pictures (N, 3, S, S) normalised."""
    x = model.embed_images(stitch(pictures, pictures))
    for block in model.blocks[: _alone(model)]:
        x = block(x)
    return query_half(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def feature_cost(model: Painter) -> float:
    """The share of one forward's blocks that the features of one picture take."""
    alone = _alone(model)
    return alone / (len(model.blocks) + (alone if model.merge_after is not None else 0))


def _alone(model: Painter) -> int:
    """Blocks that the image stream goes through by itself."""
    return len(model.blocks) if model.merge_after is None else model.merge_after + 1
