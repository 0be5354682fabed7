"""A tiny model and an endless source of synthetic episodes, for the tests of training."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from painter_kit.data.pictures import write_png
from painter_kit.data.world.episodes import Episode
from painter_kit.model.builders import CONFIGS, ModelConfig
from painter_kit.model.checkpoint import save_painter
from painter_kit.training.batches import EpisodeBatches
from painter_kit.training.recipe import MaskSettings, OptimSettings, TrainSettings

TINY: ModelConfig = replace(
    CONFIGS["world-tiny"],
    img_size=(32, 16),
    patch_size=4,
    embed_dim=16,
    depth=2,
    num_heads=2,
    pretrain_img_size=16,
    decoder_embed_dim=4,
    taps=(0, 1),
    merge_after=0,
    drop_path_rate=0.2,
)
SETTINGS = TrainSettings(
    seed=3,
    iterations=4,
    batch=2,
    ema=0.5,
    mask=MaskSettings(smallest=0.05),
    optim=OptimSettings(warmup=0.25, layer_decay=1.0),
    log_every=2,
    save_every=2,
    validation_examples=0,
)


@dataclass(frozen=True)
class Flat:
    """Two tasks on squares of random colours: invert the picture, or show its red channel."""

    side: int = 16
    bad_after: int = 1 << 40

    def episode(self, index: int) -> Episode:
        rng = np.random.default_rng(index)
        small = rng.integers(40, 256, (2, self.side // 4, self.side // 4, 3), dtype=np.uint8)
        images = small.repeat(4, axis=1).repeat(4, axis=2)
        task = ("invert", "red")[index % 2]
        targets = 255 - images if task == "invert" else images[..., :1].repeat(3, axis=-1)
        weights = np.ones(images.shape, np.float32)
        if index >= self.bad_after:
            weights *= np.inf
        return Episode(task, images, targets, weights)


def flat_batches(settings: TrainSettings = SETTINGS, source: Flat | None = None) -> EpisodeBatches:
    """The toy source as samples for ``TINY``."""
    return EpisodeBatches(source or Flat(), settings.seed, settings.mask, TINY.patch_size)


def saved(folder: Path, config: ModelConfig = TINY) -> str:
    """The path of random weights of this configuration."""
    torch.manual_seed(5)
    save_painter(config.build(), config, folder / "start.safetensors")
    return str(folder / "start.safetensors")


def noise_pairs(folder: Path) -> str:
    """``folder:DIR`` of 40 pictures of noise, painted as themselves."""
    for part in ("images", "targets"):
        for number in range(40):
            picture = np.random.default_rng(number).integers(40, 256, (20, 20, 3), dtype=np.uint8)
            write_png(folder / part / f"{number:02d}.png", picture)
    return f"folder:{folder}"
