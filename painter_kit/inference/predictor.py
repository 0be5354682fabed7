"""The only inference path: a Painter and a prompt paint the outputs of many queries."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from painter_kit.errors import InputError
from painter_kit.inference.canvas import (
    half_mask,
    resize_picture,
    stitch,
    tiled,
    to_tensor,
    to_unit,
)
from painter_kit.inference.ensemble import EnsemblePrompt, WholePrompt, mean_output
from painter_kit.inference.prompt import Prompt
from painter_kit.inference.queries import Queries
from painter_kit.model.backends import check_backend
from painter_kit.model.checkpoint import model_digest
from painter_kit.model.painter import Painter
from painter_kit.tasks.base import segment_type_of
from painter_kit.types import Image, Resize, SegmentChoice, SegmentType, Spec

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
# Counts the changes that may move the last bits of an output: Records of different numerics are
# never mixed.
NUMERICS_VERSION = 2
# On a CPU more tokens at once gain nothing and cost memory: one query of ViT-L at 448 x 448, 16
# of the embedded model.
CPU_TOKENS = 2048
# What the streams of prompts that were used last may take.
CACHE_BYTES = 2**26
# Which of torch's kernels attention is computed with; ``auto``: torch chooses.
KERNELS: Mapping[str, SDPBackend | None] = {
    "auto": None,
    "math": SDPBackend.MATH,
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "cudnn": SDPBackend.CUDNN_ATTENTION,
}


@dataclass(frozen=True)
class _Prepared:
    """What is the same for all queries of P prompts that paint together.

    ``images`` (P, 3, S, S) normalised, ``target_stream`` (P, h, w, D).
    """

    images: Tensor
    target_stream: Tensor

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(t.numel() * t.element_size() for t in (self.images, self.target_stream))


@dataclass(frozen=True)
class _Shown:
    """Which prompts are shown with the queries of ``task``, and how their pictures get to S x S."""

    prompts: Sequence[Prompt]
    task: str
    side: int
    image_filter: Resize
    target_filter: Resize
    tile: bool

    @classmethod
    def of(
        cls, prompts: Sequence[Prompt], spec: Spec[Any] | None, canvas: int, tile: bool = False
    ) -> _Shown:
        """As ``spec`` says; without one on the model's canvas and by bicubic filters."""
        if not prompts:
            raise ValueError("prompts must hold at least one prompt")
        if spec is None:
            return cls(prompts, prompts[0].task, canvas, "bicubic", "bicubic", tile)
        return cls(prompts, spec.task, spec.canvas, spec.image_resize, spec.target_resize, tile)

    @property
    def key(self) -> tuple[Any, ...]:
        """What the pictures depend on."""
        filters = self.image_filter, self.target_filter
        return (*(p.digest for p in self.prompts), self.side, *filters, self.tile)

    def pictures(self) -> tuple[list[Image], list[Image]]:
        """Inputs and targets, uint8 (S, S, 3): of every prompt, or one of all of them."""
        side, inputs, targets = self.side, self.image_filter, self.target_filter
        images = [resize_picture(p.pair.image, side, inputs) for p in self.prompts]
        painted = [resize_picture(p.pair.target, side, targets) for p in self.prompts]
        if self.tile:
            return [tiled(images, side, inputs)], [tiled(painted, side, targets)]
        return images, painted


class Predictor:
    """Paints queries under a prompt, without gradients, in batches of one fixed shape.

    Args:
        model: a Painter; it is put in evaluation mode, and must not change while it is used here.
        batch_size: most queries painted at once; fewer where the canvas is large
            (``queries_at_once``). The last batch is padded, so that a query's output does not
            depend on how many others are asked for.
        precision: ``fp32`` or ``bf16`` (autocast).
        compile: a backend of torch.compile for the forward, such as ``inductor``; pays on GPUs,
            for many queries.
        attention: the kernel, one of ``KERNELS``. Which of them a device has is torch's affair.
        segment_type: SegGPT's type token of every task, or ``auto`` for the task's own. Raises
            ``InputError`` when one is chosen for a model that has none.
    """

    def __init__(
        self,
        model: Painter,
        batch_size: int = 16,
        precision: str = "fp32",
        *,
        compile: str | None = None,
        attention: str = "auto",
        segment_type: SegmentChoice = "auto",
    ) -> None:
        for name, value, known in (
            ("precision", precision, PRECISIONS),
            ("attention", attention, KERNELS),
            ("segment_type", segment_type, get_args(SegmentChoice)),
        ):
            if value not in known:
                raise InputError(f"{name} must be one of {', '.join(known)} but got {value!r}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1 but got {batch_size}")
        if segment_type != "auto" and not model.type_tokens:
            raise InputError(
                f"segment type {segment_type} was chosen, but this checkpoint has no type tokens "
                "(it is no SegGPT); leave the segment type out"
            )
        self.model, self.batch_size, self.precision = model.eval(), batch_size, precision
        self.compile, self.attention = compile, attention
        self._forward = model.predict_query
        if compile:
            check_backend(compile)
            self._forward = torch.compile(model.predict_query, backend=compile)
        self.segment_type: SegmentChoice = segment_type
        self._cache: OrderedDict[tuple[Any, ...], _Prepared] = OrderedDict()
        self._queries = Queries()

    @property
    def canvas(self) -> int:
        """S, the side in pixels of the square sub-image."""
        return self.model.canvas

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.model.mask_token.device

    @property
    def numerics(self) -> str:
        """What results may depend on beside the weights: precision, version, device, type token
        and code."""
        names = [f"{self.precision}.{NUMERICS_VERSION}"]
        names += [self.device.type] * (self.device.type != "cpu")
        names += [f"type {self.segment_type}"] * self.model.type_tokens
        names += [f"compiled {self.compile}"] * bool(self.compile)
        names += [f"attention {self.attention}"] * (self.attention != "auto")
        return " ".join(names)

    def type_of(self, task: str) -> SegmentType:
        """The type token under which pictures of the task are painted, if the model has them."""
        if not self.model.type_tokens:
            return "instance"
        return segment_type_of(task, self.segment_type)

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
        return self.paint_together([prompt], images, spec)

    def paint_together(
        self,
        prompts: Sequence[Prompt],
        images: Sequence[np.ndarray],
        spec: Spec[Any] | None = None,
    ) -> Tensor:
        """Paint every image under several prompts at once (SegGPT's feature ensemble).

        In every block the prompts' entries share the mean of what attention adds to the query
        half; what the first one paints is taken. One prompt paints as in ``paint``, P prompts
        cost P forwards per image. Arguments and result as of ``paint``; raises ``ValueError``
        without prompts.
        """
        return self._painted(_Shown.of(prompts, spec, self.canvas), images, spec)

    def paint_tiled(
        self,
        prompts: Sequence[Prompt],
        images: Sequence[np.ndarray],
        spec: Spec[Any] | None = None,
    ) -> Tensor:
        """Paint every image under several prompts in one, side by side (SegGPT's spatial ensemble).

        ``canvas.tiled`` says how. However many prompts there are, an image costs one forward; each
        prompt keeps only its share of the pixels. Arguments, result and errors as above.
        """
        return self._painted(_Shown.of(prompts, spec, self.canvas, tile=True), images, spec)

    def _painted(
        self, shown: _Shown, images: Sequence[np.ndarray], spec: Spec[Any] | None
    ) -> Tensor:
        batches = list(self._batches(shown, images, spec))
        return torch.cat(batches) if batches else torch.zeros(0, 3, shown.side, shown.side)

    def queries_at_once(self, side: int, prompts: int = 1) -> int:
        """How many queries are painted in one forward at this side, padded to that many.

        Depends on the model, the side and the kind of device alone, not on what memory happens
        to be free, so that numbers can be repeated.
        """
        most = max(1, self.batch_size // prompts)
        if self.device.type != "cpu":
            return most
        tokens = 2 * (side // self.model.patch_size) ** 2
        return max(1, min(most, CPU_TOKENS // (tokens * prompts)))

    def pictures(
        self, prompt: WholePrompt, images: Sequence[np.ndarray], spec: Spec[Any] | None = None
    ) -> npt.NDArray[np.float32]:
        """``paint`` as pictures: (N, S, S, 3) float32, what ``Task.decode`` takes one by one."""
        return self.paint(prompt, images, spec).permute(0, 2, 3, 1).contiguous().numpy()

    def _paint_ensemble(
        self, ensemble: EnsemblePrompt, images: Sequence[np.ndarray], spec: Spec[Any] | None
    ) -> Tensor:
        if ensemble.how == "features":
            return self.paint_together(ensemble.members, images, spec)
        if ensemble.how == "grid":
            return self.paint_tiled(ensemble.members, images, spec)
        return mean_output(ensemble, lambda member: self.paint(member, images, spec))

    @torch.inference_mode()
    def _batches(
        self, shown: _Shown, images: Sequence[np.ndarray], spec: Spec[Any] | None
    ) -> Iterator[Tensor]:
        prepared, kind = self._prepared(shown), self.type_of(shown.task)
        above, side = prepared.images[None], shown.side
        prompts = len(prepared.images)
        n = self.queries_at_once(side, prompts)
        for start in range(0, len(images), n):
            chunk = list(images[start : start + n])
            padded = chunk + [chunk[-1]] * (n - len(chunk))
            queries = self._queries.prepare(padded, side, spec, self.device)[:, None]
            shape = (n, prompts, *queries.shape[2:])
            canvas = stitch(above.expand(shape).flatten(0, 1), queries.expand(shape).flatten(0, 1))
            with self._computing():
                painted = self._forward(canvas, prepared.target_stream, kind)
            yield to_unit(painted)[: len(chunk)].cpu()

    def _prepared(self, shown: _Shown) -> _Prepared:
        """From the cache, which forgets what was used longest ago."""
        key = (*shown.key, self.type_of(shown.task), self.device)
        found = self._cache.pop(key, None) or self._prepare(shown)
        self._cache[key] = found
        while len(self._cache) > 1 and sum(p.size for p in self._cache.values()) > CACHE_BYTES:
            self._cache.popitem(last=False)
        return found

    def _prepare(self, shown: _Shown) -> _Prepared:
        images, pictures = shown.pictures()
        targets = to_tensor(np.stack(pictures), self.device)
        rows = shown.side // self.model.patch_size
        mask = torch.as_tensor(half_mask(2 * rows, rows), device=self.device)[None]
        # The hidden half of the target canvas cannot influence the output; black is finite.
        canvas = stitch(targets, torch.zeros_like(targets))
        with self._computing():
            stream = self.model.target_stream(canvas, mask, self.type_of(shown.task))
        return _Prepared(to_tensor(np.stack(images), self.device), stream)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """With the precision and the kernel that were asked for.

        Raises ``InputError`` when the device does not have the kernel.
        """
        kernel, precision = KERNELS[self.attention], PRECISIONS[self.precision]
        with ExitStack() as stack:
            if kernel is not None:
                stack.enter_context(sdpa_kernel(kernel))
            if self.precision != "fp32":
                stack.enter_context(torch.autocast(self.device.type, dtype=precision))
            try:
                yield
            except RuntimeError as error:
                if not re.search("No (available kernel|viable backend)", str(error)):
                    raise
                raise InputError(
                    f"attention {self.attention}: {self.device} has no such kernel for a model "
                    "with positions; use auto"
                ) from error
