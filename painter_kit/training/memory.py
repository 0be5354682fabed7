"""What a training step holds in memory and computes, found without computing it.

The network runs once on tensors that have shapes but no values, so that the cost of the released
model on a cluster can be told by a laptop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from painter_kit.errors import PainterKitError
from painter_kit.model.attention import forget_places
from painter_kit.model.builders import ModelConfig
from painter_kit.training.precision import autocast
from painter_kit.training.recipe import TrainSettings

_GIB = 2**30


@dataclass(frozen=True)
class Footprint:
    """Bytes of one process, and floating-point operations of one forward pass per sample.

    ``held``: weights, gradients, optimiser state and averaged weights; ``activations``: what the
    forward pass of one micro-batch keeps for the backward pass.
    """

    parameters: int
    held: dict[str, int]
    activations: int
    forward_flops: float

    @property
    def total(self) -> int:
        """Everything, without what libraries and the memory's own management add."""
        return sum(self.held.values()) + self.activations

    @property
    def text(self) -> str:
        """The numbers in one line each."""
        parts = [f"{name} {size / _GIB:.2f}" for name, size in self.held.items()]
        parts.append(f"activations {self.activations / _GIB:.2f}")
        return (
            f"{self.parameters:,} parameters; memory per process (computed) "
            f"{self.total / _GIB:.2f} GiB: {', '.join(parts)}\n"
            f"forward pass {self.forward_flops / 1e9:.1f} GFLOP per sample (computed)"
        )


@contextmanager
def memory_in_words() -> Iterator[None]:
    """Turn a GPU's running out of memory into a ``PainterKitError`` that says what helps."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise PainterKitError(
            "the GPU has too little memory for this recipe: halve batch and double accumulate, set "
            "checkpoint_blocks=true, or precision=bf16; train --dry-run tells what it takes"
        ) from error


def held_bytes(settings: TrainSettings, count: int, trained: int) -> dict[str, int]:
    """Bytes of weights, gradients, optimiser state and averaged weights, by name, of a network
    with so many parameters of which ``trained`` learn."""
    states = 2 if settings.optim.name == "adamw" else 1
    held = {"weights": 4 * count, "gradients": 4 * trained, "optimiser": 4 * states * trained}
    if settings.ema:
        held["average"] = 4 * count
    return held


def footprint(settings: TrainSettings, config: ModelConfig, trained: int) -> Footprint:
    """The cost of a recipe per process, ``trained`` of its parameters being trained.

    Activations are those of a CPU with the recipe's precision; GPUs keep about as much.
    """
    with torch.device("meta"):
        model = config.build().train()
    with FakeTensorMode(allow_non_fake_inputs=True):
        model.to_empty(device="cpu")
        model.checkpoint_blocks = settings.checkpoint_blocks
        count = sum(p.numel() for p in model.parameters())
        own = {p.untyped_storage()._cdata for p in model.parameters()}
        kept: dict[int, int] = {}

        def keep(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            if storage._cdata not in own:
                kept[storage._cdata] = storage.nbytes()
            return tensor

        height, width = config.img_size
        canvas = torch.empty(settings.batch, 3, height, width)
        mask = torch.empty(settings.batch, height // config.patch_size, width // config.patch_size)
        counter = FlopCounterMode(display=False)
        cpu = torch.device("cpu")
        with counter, saved_tensors_hooks(keep, lambda t: t), autocast(settings.precision, cpu):
            model(canvas, torch.empty_like(canvas), mask, torch.empty_like(canvas))
    forget_places()
    held = held_bytes(settings, count, trained)
    flops = counter.get_total_flops() / settings.batch
    return Footprint(count, held, sum(kept.values()), flops)
