"""The only inference path: a Painter and a prompt paint the outputs of many queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from painter_kit.inference.canvas import (
    half_mask,
    query_half,
    resize_opencv,
    resize_picture,
    stitch,
    to_tensor,
    to_unit,
)
from painter_kit.inference.ensemble import EnsemblePrompt, WholePrompt, mean_output
from painter_kit.inference.prompt import Prompt
from painter_kit.model.attention import Attention
from painter_kit.model.checkpoint import model_digest
from painter_kit.model.painter import Painter
from painter_kit.types import Image, Resize, Spec

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Predictor:
    """Paints queries under a prompt, without gradients, in batches of one fixed shape.

    Args:
        model: a Painter; it is put in evaluation mode.
        batch_size: queries painted at once. The last batch is padded to it, so that a query's
            output does not depend on how many others are asked for.
        precision: ``fp32`` or ``bf16`` (autocast).
    """

    def __init__(self, model: Painter, batch_size: int = 16, precision: str = "fp32") -> None:
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {list(PRECISIONS)} but got {precision!r}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1 but got {batch_size}")
        self.model, self.batch_size, self.precision = model.eval(), batch_size, precision

    @property
    def canvas(self) -> int:
        """S, the side in pixels of the square sub-image."""
        return self.model.canvas

    @property
    def numerics(self) -> str:
        """What results may depend on beside the weights: the precision of the computation."""
        return self.precision

    @cached_property
    def model_digest(self) -> str:
        """SHA-256 of weights and configuration."""
        return model_digest(self.model)

    def paint(
        self, prompt: WholePrompt, images: Sequence[np.ndarray], spec: Spec[Any] | None = None
    ) -> Tensor:
        """Paint the output of every image under the prompt.

        Args:
            prompt: its pictures are squashed to S x S (bicubic unless the spec says otherwise);
                the members of an ensemble paint as it says.
            images: uint8 (H, W, 3) RGB, any sizes; floats on the 0..1 scale only where the
                spec's ``query_filter`` is ``opencv``.
            spec: gives the canvas side and the resize filters; None takes the model's side and
                bicubic.

        Returns:
            (N, 3, S, S) float32 on the 0..1 scale, not clipped, on the CPU.
        """
        if isinstance(prompt, EnsemblePrompt):
            return self._paint_ensemble(prompt, images, spec)
        side = spec.canvas if spec else self.canvas
        batches = list(self._batches(prompt, images, spec, side))
        return torch.cat(batches) if batches else torch.zeros(0, 3, side, side)

    def pictures(
        self, prompt: WholePrompt, images: Sequence[np.ndarray], spec: Spec[Any] | None = None
    ) -> npt.NDArray[np.float32]:
        """``paint`` as pictures: (N, S, S, 3) float32, what ``Task.decode`` takes one by one."""
        return self.paint(prompt, images, spec).permute(0, 2, 3, 1).contiguous().numpy()

    def paint_together(
        self,
        prompts: Sequence[Prompt],
        images: Sequence[np.ndarray],
        spec: Spec[Any] | None = None,
    ) -> Tensor:
        """Paint every image under all prompts at once (SegGPT's feature ensemble).

        In every block the query's half of what attention gives is replaced by its mean over the
        prompts, within each stream; the first prompt's output is taken. Shapes as in ``paint``.
        """
        side = spec.canvas if spec else self.canvas
        batches = list(self._together(prompts, images, spec, side))
        return torch.cat(batches) if batches else torch.zeros(0, 3, side, side)

    @torch.inference_mode()
    def _together(
        self,
        prompts: Sequence[Prompt],
        images: Sequence[np.ndarray],
        spec: Spec[Any] | None,
        side: int,
    ) -> Iterator[Tensor]:
        device, count = self.model.mask_token.device, len(prompts)
        image_filter: Resize = spec.image_resize if spec else "bicubic"
        target_filter: Resize = spec.target_resize if spec else "bicubic"
        pictures = torch.cat([_one(p.pair.image, side, image_filter, device) for p in prompts])
        targets = torch.cat([_one(p.pair.target, side, target_filter, device) for p in prompts])
        patch, n = self.model.patch_size, max(1, self.batch_size // count)
        mask = torch.as_tensor(half_mask(2 * side // patch, side // patch), device=device)[None]
        pictures, targets = (half.repeat_interleave(n, dim=0) for half in (pictures, targets))
        targets = stitch(targets, torch.zeros_like(targets))
        for start in range(0, len(images), n):
            chunk = [_query(i, side, spec) for i in images[start : start + n]]
            padded = chunk + [chunk[-1]] * (n - len(chunk))
            queries = to_tensor(np.stack(padded), device).repeat(count, 1, 1, 1)
            with self._autocast(device), _averaged_queries(self.model, count, n):
                painted = self.model.predict(stitch(pictures, queries), targets, mask)
            yield to_unit(query_half(painted[:n]))[: len(chunk)].cpu()

    def _paint_ensemble(
        self, ensemble: EnsemblePrompt, images: Sequence[np.ndarray], spec: Spec[Any] | None
    ) -> Tensor:
        if ensemble.how == "features":
            return self.paint_together(ensemble.members, images, spec)
        return mean_output(ensemble, lambda member: self.paint(member, images, spec))

    @torch.inference_mode()
    def _batches(
        self, prompt: Prompt, images: Sequence[np.ndarray], spec: Spec[Any] | None, side: int
    ) -> Iterator[Tensor]:
        device = self.model.mask_token.device
        image_filter: Resize = spec.image_resize if spec else "bicubic"
        target_filter: Resize = spec.target_resize if spec else "bicubic"
        prompt_image = _one(prompt.pair.image, side, image_filter, device)
        prompt_target = _one(prompt.pair.target, side, target_filter, device)
        patch, n = self.model.patch_size, self.batch_size
        mask = torch.as_tensor(half_mask(2 * side // patch, side // patch), device=device)[None]
        # The hidden half of the target canvas cannot influence the output; black is finite.
        targets = stitch(prompt_target, torch.zeros_like(prompt_target)).expand(n, -1, -1, -1)
        for start in range(0, len(images), n):
            chunk = [_query(i, side, spec) for i in images[start : start + n]]
            padded = chunk + [chunk[-1]] * (n - len(chunk))
            queries = to_tensor(np.stack(padded), device)
            canvas = stitch(prompt_image.expand(n, -1, -1, -1), queries)
            with self._autocast(device):
                painted = self.model.predict(canvas, targets, mask)
            yield to_unit(query_half(painted))[: len(chunk)].cpu()

    def _autocast(self, device: torch.device) -> AbstractContextManager[Any]:
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(device.type, dtype=PRECISIONS[self.precision])


@contextmanager
def _averaged_queries(model: Painter, prompts: int, queries: int) -> Iterator[None]:
    """While open, every attention's output for the query half is the mean over the prompts.

    The batch is ordered by stream (two until they merge), prompt and query.
    """

    def average(_: object, args: object, out: Tensor) -> Tensor:
        rows = out.shape[1] // 2
        each = out[:, rows:].unflatten(0, (-1, prompts, queries))
        mean = each.mean(1, keepdim=True).expand_as(each).flatten(0, 2)
        return torch.cat([out[:, :rows], mean], dim=1)

    attentions = [module for module in model.modules() if isinstance(module, Attention)]
    handles = [attention.register_forward_hook(average) for attention in attentions]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _query(picture: np.ndarray, side: int, spec: Spec[Any] | None) -> np.ndarray:
    if spec and spec.query_filter == "opencv":
        return resize_opencv(picture, side)
    return resize_picture(picture, side, spec.image_resize if spec else "bicubic")


def _one(picture: Image, side: int, resize: Resize, device: torch.device) -> Tensor:
    return to_tensor(resize_picture(picture, side, resize)[None], device)
