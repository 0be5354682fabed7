"""Rendered pictures on their way to disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.pictures import write_png
from painter_kit.data.world.corruption import corrupt, draw_strength
from painter_kit.data.world.keys import generator
from painter_kit.data.world.scene import Scene, render_scene
from painter_kit.files import atomic
from painter_kit.types import Image, Size

QUALITY = 95  # of JPEG files


def draw_scene(options: LayoutOptions, split: str, index: int, size: Size) -> Scene:
    """Scene ``index`` of the world's split ``train`` or ``test``."""
    return render_scene(options.seed, split, index, size)


def degraded(
    options: LayoutOptions, task: str, split: str, index: int, clean: Image, key: str = ""
) -> Image:
    """The picture as the restoration task finds it; other keys give other noise or rain."""
    rng = generator(options.seed, split, index, task, *([key] if key else []))
    return corrupt(task, clean, draw_strength(task, rng), rng)


def write_picture(path: Path, picture: Image) -> None:
    """Write uint8 (H, W, 3) or (H, W) as JPEG or PNG, as the suffix says, whole or not at all."""
    if path.suffix.lower() not in (".jpg", ".jpeg"):
        write_png(path, picture)
        return
    from PIL import Image as Pictures

    with atomic(path) as temporary:
        Pictures.fromarray(picture).save(temporary, format="JPEG", quality=QUALITY)


def write_part(path: Path, **arrays: np.ndarray) -> None:
    """Keep arrays for the step that puts a large file together."""
    with atomic(path) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **arrays)
