"""What tuning minimises: the training loss of the painted query, with the inference mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from painter_kit.evaluation.order import generator
from painter_kit.inference.canvas import half_mask, resize_picture, stitch, to_tensor
from painter_kit.model.losses import DENOMINATOR_EPS, masked_loss
from painter_kit.model.painter import Painter
from painter_kit.tasks.base import Task, make_pair
from painter_kit.types import Example, Examples, Image, Resize, SegmentType, Spec
from prompt_tuning.augment import augmented
from prompt_tuning.parameters import LearnedPair

# How the released trainer brings painted targets to S x S, where ``encode`` does otherwise: it
# paints classes, instances and keypoints at that size as resizing their pictures would.
_TRAINED: Mapping[str, Resize] = {
    "depth": "bicubic",
    **dict.fromkeys(("denoise", "derain", "enhance"), "nearest"),
}


@dataclass(frozen=True)
class Queries:
    """A batch of queries: ``images`` and ``targets`` (N, 3, S, S) normalised, ``valid`` weights."""

    images: Tensor
    targets: Tensor
    valid: Tensor

    def pieces(self, size: int) -> Iterator[tuple[Queries, float]]:
        """Up to ``size`` queries at a time, each with its share of the batch's loss.

        The loss is a mean over weights: losses of the pieces times their shares add up to it.
        """
        total = float(self.valid.sum()) + DENOMINATOR_EPS
        for images, targets, valid in zip(
            *(t.split(size) for t in (self.images, self.targets, self.valid)), strict=True
        ):
            yield Queries(images, targets, valid), (float(valid.sum()) + DENOMINATOR_EPS) / total


def draw_queries(
    task: Task,
    spec: Spec,
    examples: Examples,
    indices: Sequence[int],
    count: int,
    seed: int,
    step: int,
    device: torch.device,
    augment: str = "none",
) -> Queries:
    """``count`` of the examples at ``indices``, without repetition while there are enough.

    The draw, and how the queries are changed, depend on seed and step alone. Targets are painted
    in ``spec``'s coding.
    """
    rng = generator(seed, "tuning queries", step)
    drawn = rng.choice(len(indices), count, replace=count > len(indices))
    changes = generator(seed, "tuning augmentation", step)
    chosen = [augmented(examples[indices[int(i)]], augment, changes) for i in drawn]
    return make_queries(task, spec, chosen, device)


def make_queries(
    task: Task, spec: Spec, examples: Sequence[Example], device: torch.device
) -> Queries:
    """The examples as a batch on ``device``, painted in ``spec``'s coding."""
    side, size = spec.canvas, (spec.canvas, spec.canvas)
    images = np.stack([resize_picture(e.image, side, spec.image_resize) for e in examples])
    targets = np.stack([paint_target(task, spec, e) for e in examples])
    valid = np.stack([task.weight(e.truth, spec, size) for e in examples])
    weights = torch.from_numpy(valid).permute(0, 3, 1, 2).to(device)
    return Queries(to_tensor(images, device), to_tensor(targets, device), weights)


def paint_target(task: Task, spec: Spec, example: Example) -> Image:
    """uint8 (S, S, 3): the example's truth in ``spec``'s coding, resized as in training."""
    if task.name in _TRAINED:
        pair = make_pair(task, spec, replace(example, coding=spec.coding))
        return resize_picture(pair.target, spec.canvas, _TRAINED[task.name])
    return task.encode(example.truth, spec, (spec.canvas, spec.canvas))


def prompt_loss(
    model: Painter,
    learned: LearnedPair,
    queries: Queries,
    segment_type: SegmentType = "instance",
) -> Tensor:
    """The model's own loss on the whole hidden query half, scalar.

    ``segment_type`` is that under which the prompt will paint (SegGPT's type token). The released
    rule that ignores samples with a black visible target is left out: it would silently stop the
    gradient of a dark prompt.
    """
    n, _, side, _ = queries.images.shape
    prompt_input, prompt_target = learned()
    images = stitch(prompt_input.expand(n, -1, -1, -1), queries.images)
    targets = stitch(prompt_target.expand(n, -1, -1, -1), queries.targets)
    rows = side // model.patch_size
    mask = torch.from_numpy(half_mask(2 * rows, rows)).to(images)[None]
    latents = model.encode(images, targets, mask, segment_type)
    # Only the query half is needed, and the row of patches above, which the head's convolution
    # looks at.
    painted = model.decode([latent[:, rows - 1 :] for latent in latents])[:, :, model.patch_size :]
    hidden = torch.ones_like(queries.valid[:, :1])
    return masked_loss(model.loss, painted, queries.targets, hidden, queries.valid)
