"""What a training takes in passes through the network and in disk space; its pace here."""

from __future__ import annotations

import time

import torch

from painter_kit.errors import MissingError
from painter_kit.evaluation.effort import AGAIN, TO_WEIGHTS, Effort
from painter_kit.model.builders import ModelConfig, get_config
from painter_kit.training.memory import held_bytes, memory_in_words
from painter_kit.training.optim import freeze
from painter_kit.training.precision import autocast
from painter_kit.training.recipe import TrainSettings, network_config


def planned_config(settings: TrainSettings) -> ModelConfig:
    """``network_config``; where the checkpoint to start from is not there, that of ``model``."""
    try:
        return network_config(settings)
    except MissingError:
        return get_config(settings.model)


def train_effort(settings: TrainSettings, config: ModelConfig) -> Effort:
    """Passes of the whole recipe and the files that it leaves.

    Validation counts every trained task once; looking for switched tasks, made at each validation
    on the world, is not in it. Raises ``InputError`` for a pattern of ``freeze`` that fits none.
    """
    with torch.device("meta"):
        model = config.build()
    freeze(model, settings.freeze)
    count = sum(p.numel() for p in model.parameters())
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    held = held_bytes(settings, count, trained)
    storage = {"state": sum(held.values()) - held["gradients"], "weights": held["weights"]}
    return Effort(
        looks(settings) * look_forwards(settings),
        settings.iterations * settings.samples_per_iteration,
        TO_WEIGHTS + (AGAIN if settings.checkpoint_blocks else 0.0),
        storage,
    )


def looks(settings: TrainSettings) -> int:
    """How often the recipe validates: on the way, and at the end."""
    every = settings.validate_every
    return (settings.iterations // every if every else 0) + 1


def look_forwards(settings: TrainSettings) -> int:
    """Forwards of one validation: figures of every task, and the loss on lists of a known size."""
    figures = settings.validation_examples * settings.validation_prompts * len(settings.trained)
    return figures + len(settings.validation_lists) * (settings.loss_examples or 0)


def forward_rate(settings: TrainSettings, config: ModelConfig, device: str, runs: int = 2) -> float:
    """Forward passes per second of fresh weights on pictures of noise.

    On a GPU ``batch`` pictures at a time in the recipe's precision, on a CPU one in the fastest.
    A first pass pays for what is set up once.
    """
    place = torch.device(device)
    on_cpu = place.type == "cpu"
    count, precision = (1, "auto") if on_cpu else (settings.batch, settings.precision)
    model = config.build().to(place).eval()
    height, width = config.img_size
    shape = count, height // config.patch_size, width // config.patch_size
    mask = torch.zeros(shape, device=place)
    mask[:, shape[1] // 2 :] = 1
    with torch.inference_mode(), autocast(precision, place), memory_in_words():
        canvas = torch.randn(count, config.in_chans, height, width, device=place)
        for run in range(1 + runs):
            if run == 1:
                _wait(place)
                began = time.perf_counter()
            model(canvas, canvas, mask)
        _wait(place)
    return count * runs / max(time.perf_counter() - began, 1e-9)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
