"""A whole training run: from settings to weights with their configuration."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from painter_kit.data.world.episodes import WorldEpisodes
from painter_kit.distributed import any_process, barrier, process_group, rank
from painter_kit.model.checkpoint import WEIGHTS_FILE, model_digest, save_painter
from painter_kit.model.painter import Painter
from painter_kit.training.batches import BatchSource, EpisodeBatches, EpisodeSource
from painter_kit.training.card import Card, Effort, make_card
from painter_kit.training.inputs import Inputs, read_inputs
from painter_kit.training.journal import Journal
from painter_kit.training.loop import Trainer
from painter_kit.training.memory import memory_in_words
from painter_kit.training.precision import use_tf32
from painter_kit.training.recipe import (
    TrainSettings,
    describe,
    describe_data,
    network_config,
)
from painter_kit.training.samples import paint_samples, sample_episodes
from painter_kit.training.stitching import PairBatches
from painter_kit.training.validate import validate_all
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
    inputs: Inputs | None = None,
) -> TrainResult:
    """Train a Painter; every process of a torchrun group calls this alike.

    Args:
        out: gets ``state.pt`` while training, what is reported (``Journal``), and at the end
            ``model.safetensors`` (averaged weights) with ``card.md`` and ``card.json``, which hold
            the validation.
        cache: folder for scenes rendered ahead, shared by runs.
        resume: continue from ``out/state.pt``.
        inputs: what ``read_inputs`` made of ``settings``, if it was read before; its model is the
            one that is trained.

    Raises ``InputError`` for settings or files that do not fit.
    """
    use_tf32(settings.tf32)
    with process_group(torch.device(device)), memory_in_words():
        if rank() == 0:
            reporter = Journal(out, reporter)
        trainer, settings = prepare(settings, out, cache, device, reporter, inputs)
        if any_process(resume, trainer.device):  # a machine that lacks the state says so
            trainer.resume()
            logger.info("resumed at iteration %d", trainer.iteration)
        if isinstance(reporter, Journal):
            reporter.cut(trainer.iteration)
            reporter.params(describe(settings))
            digest, facts = describe_data(settings)
            reporter.data(settings.data, digest, "train", facts)
        trainer.run()
        weights = out / WEIGHTS_FILE
        if rank() == 0:
            save_painter(trainer.best_model, network_config(settings), weights)
        barrier()
    effort = Effort(trainer.iteration, trainer.samples, trainer.seconds)
    # The others are done: what follows is the first one's and may take minutes.
    card = _finish(weights, settings, effort, reporter, device) if rank() == 0 else None
    digest = model_digest(trainer.best_model)
    return TrainResult(weights, digest, effort.iterations, effort.samples, effort.seconds, card)


def prepare(
    settings: TrainSettings,
    out: Path,
    cache: Path,
    device: str = "cpu",
    reporter: Reporter = silent,
    inputs: Inputs | None = None,
) -> tuple[Trainer, TrainSettings]:
    """Everything that a run needs, built and checked; the settings in iterations."""
    inputs = inputs or read_inputs(settings)
    source = open_source(settings, inputs, cache)
    settings = settings.in_iterations(getattr(source, "epoch_length", 0))
    look = _look(source, settings, inputs, reporter)
    model = inputs.model.to(device)
    return Trainer(model, source, settings, out, reporter, look), settings


def _look(
    source: BatchSource,
    settings: TrainSettings,
    inputs: Inputs,
    reporter: Reporter,
) -> Callable[[Painter, int], object]:
    """What is done with the weights after each save: pictures, and figures and the loss on pairs
    held out where they are due; the loss at the end too, when the figures are made elsewhere."""
    paint = _pictures(source, reporter)
    every, validated, held_out = settings.validate_every, inputs.validated, inputs.held_out

    def look(model: Painter, iteration: int) -> None:
        paint(model, iteration)
        last = iteration == settings.iterations
        due = bool(every and iteration % every == 0)
        if held_out and (due or last):
            losses = held_out.losses(model, settings.precision)
            reporter.metrics({f"held_out_loss/{k}": v for k, v in losses.items()}, step=iteration)
            told = ", ".join(f"{name} {value:.4f}" for name, value in losses.items())
            logger.info("iteration %d: loss on pairs held out: %s", iteration, told)
        if last or not (due and validated):
            return
        found = validate_all(model, validated, settings)
        reporter.metrics(found.numbers, step=iteration)
        logger.info("iteration %d\n%s", iteration, found.table)

    return look


def _pictures(source: EpisodeSource, reporter: Reporter) -> Callable[[Painter, int], object]:
    """Reports what the model paints, if anybody looks at it."""
    if isinstance(reporter, SilentReporter):
        return lambda model, iteration: None
    episodes = sample_episodes(source)

    def show(model: Painter, iteration: int) -> None:
        for task, picture in paint_samples(model, episodes).items():
            reporter.image(f"samples_{task}", picture, step=iteration)

    return show


def _finish(
    weights: Path, settings: TrainSettings, effort: Effort, reporter: Reporter, device: str
) -> Card:
    """Validate the weights, write the card and report both."""
    card = make_card(weights, settings, effort, device=device)
    card.write(weights.parent)
    if card.validation:
        reporter.metrics(card.validation.numbers)
    for name in ("card.md", "card.json", weights.name):
        reporter.artifact(weights.parent / name)
    return card


def open_source(settings: TrainSettings, inputs: Inputs, cache: Path) -> BatchSource:
    """The samples that a recipe trains on. Raises ``InputError`` for a task without pairs."""
    side, patch = inputs.config.img_size[1], inputs.config.patch_size
    if inputs.pools is None:
        episodes = _world(settings, side, cache)
        return EpisodeBatches(episodes, settings.seed, settings.mask, patch)
    return PairBatches(inputs.pools, settings.mix, settings.seed, side, patch, settings.mask)


def _world(settings: TrainSettings, side: int, cache: Path) -> WorldEpisodes:
    """Training episodes; the first process renders ahead, the others wait for its files."""

    def open_episodes() -> WorldEpisodes:
        return WorldEpisodes(
            settings.seed,
            cache,
            mix=settings.mix,
            random=settings.random_coding,
            size=side,
            processes=settings.processes,
        )

    source = open_episodes() if rank() == 0 else None
    barrier()
    return source or open_episodes()
