"""Which colours mean what in the world: the paper's codings, random and reserved ones.

Training draws random codings so that the prompt has to be read. ``world-shifted`` uses reserved
colours: every one of them is at least ``RESERVED_DISTANCE`` (L1, 0..255 per channel) away from
every colour that training can paint for the same task.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.shapes import SEEN, UNSEEN
from painter_kit.tasks.colors import LOCATION_CODING, grid_palette, keypoint_palette
from painter_kit.types import RGB, Coding

RESERVED_DISTANCE = 60
# Random colours that have to be told apart keep these L1 distances.
PALETTE_DISTANCE = 100
FOREGROUND_DISTANCE = 200
KEYPOINT_DISTANCE = 60  # in green and blue
RAMP_LENGTH = 330
KEYPOINTS = 7

_BLACK = (0, 0, 0)
_CLASSES = 2 + len(SEEN) + len(UNSEEN)
_SEEN_CLASSES = 2 + len(SEEN)
# Samples per ramp, and by how much the distance of sampled ramps may overstate that of painted
# ones: half the largest step of each of the two, and the rounding of colours.
_RAMP_SAMPLES = 33
_RAMP_SLACK = 765 / (_RAMP_SAMPLES - 1) + 3

Colors = npt.NDArray[np.int64]


def l1(first: Sequence[RGB] | np.ndarray, second: Sequence[RGB] | np.ndarray) -> Colors:
    """L1 distances (n, m) between two lists of colours (n, 3) and (m, 3)."""
    return np.abs(np.asarray(first)[:, None] - np.asarray(second)[None]).sum(axis=2)


def spread(candidates: Sequence[RGB], count: int, avoid: Sequence[RGB]) -> tuple[RGB, ...]:
    """``count`` candidates, each in turn the farthest from ``avoid`` and those chosen before."""
    nearest = l1(candidates, avoid).min(axis=1)
    chosen: list[RGB] = []
    for _ in range(count):
        chosen.append(candidates[int(nearest.argmax())])
        nearest = np.minimum(nearest, l1(candidates, chosen[-1:])[:, 0])
    return tuple(chosen)


def _grid(levels: Sequence[int], red: Sequence[int]) -> list[RGB]:
    return [(r, g, b) for r in red for g in levels for b in levels]


# Colours of the two label palettes of the paper (protocol: base 6 and 7), spread out.
SEMANTIC_PALETTE = spread(grid_palette(150, 6), _CLASSES, [_BLACK])
COCO_PALETTE = spread(grid_palette(133, 7), _CLASSES, [_BLACK])
FOREGROUND_PALETTE: tuple[RGB, RGB] = ((51, 51, 51), (255, 255, 255))
KEYPOINT_PALETTE = spread(keypoint_palette(25), KEYPOINTS, [_BLACK])

# Reserved for world-shifted.
RESERVED = spread(
    _grid(range(0, 256, 15), range(0, 256, 15)),
    _SEEN_CLASSES,
    [_BLACK, *SEMANTIC_PALETTE, *COCO_PALETTE, *FOREGROUND_PALETTE],
)
RESERVED_KEYPOINTS = spread(_grid(range(0, 256, 15), [0]), KEYPOINTS, [_BLACK, *KEYPOINT_PALETTE])
RESERVED_RAMP: tuple[RGB, RGB] = ((255, 0, 0), (0, 0, 255))

_BASE = {
    "depth": Coding(),
    "semantic": Coding(SEMANTIC_PALETTE),
    "coco-semantic": Coding(COCO_PALETTE),
    "instance": LOCATION_CODING,
    "keypoint": Coding(KEYPOINT_PALETTE),
    "foreground": Coding(FOREGROUND_PALETTE),
}
_SHIFTED = {
    "depth": Coding(ramp=RESERVED_RAMP),
    "semantic": Coding(RESERVED),
    "coco-semantic": Coding(RESERVED),
    "keypoint": Coding(RESERVED_KEYPOINTS),
    "foreground": Coding(RESERVED[:2]),
}
RANDOM_CODING_TASKS = ("depth", "semantic", "coco-semantic", "keypoint", "foreground")


def base_coding(task: str, classes: int = _CLASSES) -> Coding:
    """The coding of ``world`` (paper 3.1); label palettes are cut to ``classes`` colours."""
    coding = _BASE.get(task, Coding())
    return Coding(coding.palette[:classes], coding.ramp, coding.span)


def shifted_coding(task: str) -> Coding:
    """The fixed coding of ``world-shifted``.

    Instances (whose location palette fills the colour cube) and restored pictures have no
    other coding than the base one.
    """
    return _SHIFTED.get(task) or base_coding(task)


def random_coding(task: str, rng: np.random.Generator) -> Coding:
    """A coding as training draws it, for a task of ``RANDOM_CODING_TASKS``."""
    if task == "depth":
        return Coding(ramp=_random_ramp(rng))
    if task == "keypoint":
        avoid = [_BLACK, *RESERVED_KEYPOINTS]
        return Coding(_random_colors(rng, KEYPOINTS, KEYPOINT_DISTANCE, avoid, red=1))
    count, apart = _SEEN_CLASSES, PALETTE_DISTANCE
    if task == "foreground":
        count, apart = 2, FOREGROUND_DISTANCE
    return Coding(_random_colors(rng, count, apart, [_BLACK, *RESERVED]))


def reserved_foreground(rng: np.random.Generator) -> Coding:
    """Background and foreground colour, drawn from the reserved colours."""
    first, second = rng.choice(len(RESERVED), 2, replace=False)
    return Coding((RESERVED[first], RESERVED[second]))


def _random_colors(
    rng: np.random.Generator, count: int, apart: int, avoid: Sequence[RGB], red: int = 256
) -> tuple[RGB, ...]:
    """Colours at least ``apart`` from each other, away from ``avoid``, with red below ``red``."""
    chosen: list[RGB] = []
    while len(chosen) < count:
        drawn = rng.integers(0, (red, 256, 256), (64, 3))
        free = l1(drawn, avoid).min(axis=1) >= RESERVED_DISTANCE
        chosen = []
        for color in drawn[free].tolist():
            if len(chosen) < count and (not chosen or l1([color], chosen).min() >= apart):
                chosen.append((color[0], color[1], color[2]))
    return tuple(chosen)


def _random_ramp(rng: np.random.Generator) -> tuple[RGB, RGB]:
    """Ends of a ramp none of whose colours comes near the reserved ramp."""
    share = np.linspace(0, 1, _RAMP_SAMPLES)[:, None]
    reserved = np.asarray(RESERVED_RAMP[0]) * (1 - share) + np.asarray(RESERVED_RAMP[1]) * share
    while True:
        near, far = rng.integers(0, 256, (2, 3))
        if np.abs(near - far).sum() < RAMP_LENGTH:
            continue
        if l1(near * (1 - share) + far * share, reserved).min() >= RESERVED_DISTANCE + _RAMP_SLACK:
            r0, g0, b0 = near.tolist()
            r1, g1, b1 = far.tolist()
            return (r0, g0, b0), (r1, g1, b1)
