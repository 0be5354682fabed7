"""Noise, rain and darkness of fixed strength, for the restoration tasks.

Strengths were fixed before any model was trained: noise has a standard deviation uniform in
20..60 (of 255); rain and darkness are such that the mean PSNR of the corrupted test pictures is
between 16 and 22 dB; ``stats.py`` measures and prints it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from painter_kit.types import Image

Strength = tuple[float, ...]
NOISE_SD = (20.0, 60.0)


def draw_strength(task: str, rng: np.random.Generator) -> Strength:
    """What pictures may share: the noise's sd, the rain's look, or gain and gamma."""
    if task == "denoise":
        return (rng.uniform(*NOISE_SD),)
    if task == "derain":
        # Streaks per 64 x 64 picture, slope, length in heights, opacity, veil of mist.
        return (
            rng.uniform(90, 170),
            rng.uniform(-0.5, 0.5),
            rng.uniform(0.12, 0.25),
            rng.uniform(0.5, 0.8),
            rng.uniform(0.05, 0.2),
        )
    return rng.uniform(0.55, 0.9), rng.uniform(1.0, 1.35)


def corrupt(task: str, image: Image, strength: Strength, rng: np.random.Generator) -> Image:
    """The picture (H, W, 3) with noise (denoise), rain (derain) or in low light (enhance)."""
    return _CORRUPT[task](image, strength, rng)


def _noise(image: Image, strength: Strength, rng: np.random.Generator) -> Image:
    noisy = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(strength[0])
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def _rain(image: Image, strength: Strength, rng: np.random.Generator) -> Image:
    count, slope, length, opacity, veil = strength
    layer = _streaks(rng, image.shape[0], image.shape[1], count, slope, length)
    cover = (np.float32(opacity) * layer * (1 - veil) + np.float32(veil))[..., None]
    return (image + (np.float32(225) - image) * cover + 0.5).astype(np.uint8)


def _streaks(
    rng: np.random.Generator, height: int, width: int, count: float, slope: float, length: float
) -> npt.NDArray[np.float32]:
    """Slanted streaks, float32 (H, W) in 0..1: single drops dragged along their way."""
    thick = max(1, round(height / 64))
    drops = (rng.random((height, width)) < count / height**2).astype(np.float32)
    drops *= rng.uniform(0.5, 1.0, (height, width)).astype(np.float32)
    steps = max(2, round(length * height))
    layer = np.zeros((height, width), np.float32)
    for step in range(steps):
        fade = np.float32(1.0 - 0.7 * step / steps)
        shifted = np.roll(drops, (-step, round(slope * step)), axis=(0, 1))
        np.maximum(layer, shifted * fade, out=layer)
    wide = layer
    for extra in range(1, thick):
        wide = np.maximum(wide, np.roll(layer, extra, axis=1))
    return wide


def _darkness(image: Image, strength: Strength, rng: np.random.Generator) -> Image:
    gain, gamma = strength
    levels = 255.0 * gain * (np.arange(256) / 255.0) ** gamma
    return np.floor(levels + 0.5).astype(np.uint8)[image]


_CORRUPT: dict[str, Callable[[Image, Strength, np.random.Generator], Image]] = {
    "denoise": _noise,
    "derain": _rain,
    "enhance": _darkness,
}
RESTORATION_TASKS = tuple(_CORRUPT)
