"""What a training reads before its first update: network, data to judge by, pairs to train on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from painter_kit.data.base import Dataset, open_dataset
from painter_kit.data.world.episodes import check_shares
from painter_kit.errors import InputError
from painter_kit.model.backends import check_backend
from painter_kit.model.builders import ModelConfig
from painter_kit.model.checkpoint import init_from_mae, load_painter
from painter_kit.model.painter import Painter
from painter_kit.training.draws import draw_queries
from painter_kit.training.held_out import HeldOut
from painter_kit.training.optim import freeze
from painter_kit.training.pools import PairPool, dataset_pools, listed_pools
from painter_kit.training.recipe import (
    LISTS,
    TrainSettings,
    check_data,
    check_settings,
    network_config,
)
from painter_kit.training.validate import tasks_among


@dataclass(frozen=True)
class Inputs:
    """All that a training starts from but rendered scenes.

    ``model`` on the CPU, partly frozen if the recipe says so; ``pools`` of pairs by task, None when
    it trains on the world; ``validated``, the datasets that figures are made on; ``held_out``, the
    pairs whose loss is looked at.
    """

    config: ModelConfig
    model: Painter
    pools: Mapping[str, PairPool] | None
    validated: Sequence[Dataset]
    held_out: HeldOut | None


def read_inputs(settings: TrainSettings) -> Inputs:
    """Everything that a recipe names, read and checked; nothing is rendered or written.

    Raises ``InputError`` for settings or files that do not fit.
    """
    check_settings(settings)
    check_data(settings)
    if settings.compile:
        check_backend(settings.compile)
    config = network_config(settings)
    validated = open_validated(settings)
    torch.manual_seed(settings.seed)  # initial weights are the same in all processes
    model = start_model(settings, config)
    freeze(model, settings.freeze)
    pools = open_pools(settings, config.img_size[1])
    return Inputs(config, model, pools, validated, open_held_out(settings, config))


def open_pools(settings: TrainSettings, side: int) -> Mapping[str, PairPool] | None:
    """The pairs to train on, by task; None for the world, whose shares are checked.

    Raises ``InputError`` for a task that is not there.
    """
    if settings.data == "world":
        check_shares(settings.mix, settings.random_coding)
        return None
    if settings.data == LISTS:
        return listed_pools(settings.data_root or Path(), settings.lists)
    dataset = open_dataset(settings.data, settings.data_root)
    return dataset_pools(dataset, settings.mix, side)


def open_validated(settings: TrainSettings) -> list[Dataset]:
    """The datasets that figures are made on; none when no examples are asked for.

    Raises ``InputError`` when one has no trained task or lacks files, before any time is spent.
    """
    if not (settings.validation_examples and settings.validation_prompts):
        return []
    found = []
    for name in settings.validated_on:
        dataset = open_dataset(name, settings.data_root)
        tasks = tasks_among(dataset, settings.trained)
        if not tasks:
            raise InputError(
                f"data {name} has none of the trained tasks to validate "
                f"({', '.join(settings.trained)}); it has {', '.join(dataset.tasks)}"
            )
        for task in tasks:
            draw_queries(dataset, task, "select", 1, settings.seed)
        found.append(dataset)
    return found


def open_held_out(settings: TrainSettings, config: ModelConfig) -> HeldOut | None:
    """The lists of ``validation_lists``; None when there are none.

    Raises ``InputError`` for a missing or empty one.
    """
    if not settings.validation_lists:
        return None
    pools = listed_pools(settings.data_root or Path(), settings.validation_lists)
    side, most = config.img_size[1], settings.loss_examples
    return HeldOut(pools, side, config.patch_size, settings.seed, settings.batch, most)


def start_model(settings: TrainSettings, config: ModelConfig) -> Painter:
    """The model before the first update: random, from MAE weights or from a checkpoint.

    Raises ``InputError`` when ``network`` changes shapes that the checkpoint fixes.
    """
    model = config.build()
    if settings.init_mae:
        init_from_mae(model, settings.init_mae)
    if settings.init:
        try:
            model.load_state_dict(load_painter(settings.init).state_dict(), strict=True)
        except RuntimeError as error:
            reason = str(error).splitlines()[1].strip()
            raise InputError(
                f"init {settings.init}: does not fit network ({reason}); change no shapes"
            ) from error
    return model
