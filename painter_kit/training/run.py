"""A whole training run: from settings to weights with their configuration."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from painter_kit.data.world.episodes import WorldEpisodes
from painter_kit.model.builders import ModelConfig
from painter_kit.model.checkpoint import (
    WEIGHTS_FILE,
    init_from_mae,
    load_painter,
    model_digest,
    save_painter,
)
from painter_kit.model.painter import Painter
from painter_kit.training.batches import EpisodeSource
from painter_kit.training.card import Card, Effort, make_card
from painter_kit.training.distributed import barrier, process_group, rank
from painter_kit.training.loop import Trainer
from painter_kit.training.recipe import (
    TrainSettings,
    check_settings,
    describe,
    network_config,
)
from painter_kit.training.samples import paint_samples, sample_episodes
from painter_kit.types import Reporter, SilentReporter, silent

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves: the kept weights and what they took, over all sittings.

    ``card`` is known to the first process alone.
    """

    weights: Path
    model_digest: str
    iterations: int
    samples: int
    seconds: float
    card: Card | None = None


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
        out: gets ``state.pt`` while training, and at the end ``model.safetensors`` (averaged
            weights) with ``card.md`` and ``card.json``, which hold the validation.
        cache: folder for scenes rendered ahead, shared by runs.
        resume: continue from ``out/state.pt``.

    Raises ``InputError`` for settings or files that do not fit.
    """
    check_settings(settings)
    torch.manual_seed(settings.seed)
    with process_group(torch.device(device)):
        config = network_config(settings)
        model = start_model(settings, config).to(device)
        source = _source(settings, config, cache)
        # Dropped paths differ between processes; initial weights do not.
        torch.manual_seed(settings.seed + 1 + rank())
        trainer = Trainer(model, source, settings, out, reporter, _pictures(source, reporter))
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
    effort = Effort(
        trainer.iteration, trainer.iteration * settings.samples_per_iteration, trainer.seconds
    )
    # The others are done: what follows is the first one's and may take minutes.
    card = _finish(weights, settings, effort, reporter) if rank() == 0 else None
    digest = model_digest(trainer.best_model)
    return TrainResult(weights, digest, effort.iterations, effort.samples, effort.seconds, card)


def _pictures(source: EpisodeSource, reporter: Reporter) -> Callable[[Painter, int], object]:
    """Reports what the model paints, if anybody looks at it."""
    if isinstance(reporter, SilentReporter):
        return lambda model, iteration: None
    episodes = sample_episodes(source)

    def show(model: Painter, iteration: int) -> None:
        for task, picture in paint_samples(model, episodes).items():
            reporter.image(f"samples_{task}", picture, step=iteration)

    return show


def _finish(weights: Path, settings: TrainSettings, effort: Effort, reporter: Reporter) -> Card:
    """Validate the weights, write the card and report both."""
    card = make_card(weights, settings, effort)
    card.write(weights.parent)
    if card.validation:
        reporter.metrics(card.validation.numbers)
    for name in ("card.md", "card.json", weights.name):
        reporter.artifact(weights.parent / name)
    return card


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
