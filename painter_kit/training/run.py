"""A whole training run: from settings to weights with their configuration."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from painter_kit.data.world.episodes import WorldEpisodes
from painter_kit.model.builders import ModelConfig, get_config
from painter_kit.model.checkpoint import (
    WEIGHTS_FILE,
    init_from_mae,
    load_painter,
    model_digest,
    save_painter,
)
from painter_kit.model.painter import Painter
from painter_kit.training.distributed import barrier, process_group, rank
from painter_kit.training.loop import Trainer
from painter_kit.training.recipe import TrainSettings, check_settings, describe
from painter_kit.types import Reporter, silent

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves: the kept weights and what they took."""

    weights: Path
    model_digest: str
    iterations: int
    samples: int
    seconds: float


def train(
    settings: TrainSettings,
    out: Path,
    cache: Path,
    device: str = "cpu",
    resume: bool = False,
    reporter: Reporter = silent,
) -> TrainResult:
    """Train a Painter; every process of a torchrun group calls this alike.

    Args:
        out: gets ``state.pt`` while training and ``model.safetensors`` (averaged weights) at the
            end.
        cache: folder for scenes rendered ahead, shared by runs.
        resume: continue from ``out/state.pt``.

    Returns the result, equal on every process. ``seconds`` counts this sitting only. Raises
    ``InputError`` for settings or files that do not fit.
    """
    check_settings(settings)
    started = time.monotonic()
    torch.manual_seed(settings.seed)
    with process_group(torch.device(device)):
        config = get_config(settings.model)
        model = start_model(settings, config).to(device)
        source = _source(settings, config, cache)
        # Dropped paths differ between processes; initial weights do not.
        torch.manual_seed(settings.seed + 1 + rank())
        trainer = Trainer(model, source, settings, out, reporter)
        if resume:
            trainer.resume()
            logger.info("resumed at iteration %d", trainer.iteration)
        if rank() == 0:
            reporter.params(describe(settings))
        trainer.run()
        weights = out / WEIGHTS_FILE
        if rank() == 0:
            save_painter(trainer.best_model, config, weights)
        barrier()
    samples = trainer.iteration * settings.samples_per_iteration
    digest = model_digest(trainer.best_model)
    seconds = time.monotonic() - started
    return TrainResult(weights, digest, trainer.iteration, samples, seconds)


def start_model(settings: TrainSettings, config: ModelConfig) -> Painter:
    """The model before the first update: random, from MAE weights or from a checkpoint."""
    model = config.build()
    if settings.init_mae:
        init_from_mae(model, settings.init_mae)
    if settings.init:
        model.load_state_dict(load_painter(settings.init).state_dict(), strict=True)
    return model


def _source(settings: TrainSettings, config: ModelConfig, cache: Path) -> WorldEpisodes:
    """Training episodes; the first process renders ahead, the others wait for its files."""

    def open_episodes() -> WorldEpisodes:
        return WorldEpisodes(
            settings.seed,
            cache,
            mix=settings.mix,
            random=settings.random_coding,
            size=config.img_size[1],
            processes=settings.processes,
        )

    source = open_episodes() if rank() == 0 else None
    barrier()
    return source or open_episodes()
