"""A small model and a folder of pairs, for tests of the command line."""

from pathlib import Path

import numpy as np
from PIL import Image

from painter_kit.model.builders import ModelConfig

TINY = ModelConfig(
    img_size=(64, 32),
    embed_dim=32,
    depth=2,
    num_heads=2,
    patch_size=8,
    pretrain_img_size=32,
    decoder_embed_dim=8,
    taps=(0, 1),
    merge_after=0,
    drop_path_rate=0.0,
)


def make_pairs(folder: Path, count: int, size: tuple[int, int] = (40, 48)) -> None:
    """``count`` pairs with depth that rises from left to right, each a group of its own."""
    rng = np.random.default_rng(count)
    for name in ("images", "targets"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        picture = rng.integers(0, 256, (*size, 3), np.uint8)
        depth = np.tile(np.linspace(900 + 50 * index, 6000, size[1]), (size[0], 1))
        Image.fromarray(picture).save(folder / "images" / f"p{index:02d}.png")
        Image.fromarray(depth.astype(np.uint16)).save(folder / "targets" / f"p{index:02d}.png")
