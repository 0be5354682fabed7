"""The empty room: textured walls and floor in perspective, with exact depth.

A pinhole camera of fixed height and focal length looks horizontally; only the horizon's row
changes. The inverse depth of a plane is affine in picture coordinates, so the room is the
largest inverse depth of its planes. Lengths in pictures are in units of the picture's height,
lengths in the world in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.shapes import Field
from painter_kit.data.world.texture import bricks, checker, hsv, noise, stripes
from painter_kit.types import Size

FOCAL = 0.9
CAMERA_HEIGHT_M = 1.5
MAX_DEPTH_M = 9.9
WALL, FLOOR = 0, 1


@dataclass(frozen=True)
class Room:
    """An empty room seen by the camera.

    ``color`` float32 (H, W, 3), 0..1; ``depth_m`` float32 (H, W), metres, above 0 and below 10;
    ``labels`` uint8 (H, W), 0 wall and 1 floor; ``u``, ``v`` picture coordinates (1, W) and
    (H, 1), u = 0 in the middle, v = 0 on top; ``horizon`` v of the horizon; ``wall_m`` depth
    (metres) that the back wall nowhere comes nearer than; ``sides_m`` x (metres) of the side walls.
    """

    color: Field
    depth_m: Field
    labels: npt.NDArray[np.uint8]
    u: Field
    v: Field
    horizon: float
    wall_m: float
    sides_m: tuple[float, float]


def picture_coordinates(size: Size) -> tuple[Field, Field]:
    """u (1, W) and v (H, 1) of the pixel centres of a picture of ``size`` (H, W)."""
    height, width = size
    u = ((np.arange(width) + 0.5 - width / 2) / height)[None, :]
    v = ((np.arange(height) + 0.5) / height)[:, None]
    return u.astype(np.float32), v.astype(np.float32)


def build_room(rng: np.random.Generator, size: Size) -> Room:
    """Draw a room and render it at ``size`` (H, W)."""
    u, v = picture_coordinates(size)
    horizon = rng.uniform(0.30, 0.42)
    back_m = rng.uniform(4.2, 8.2)
    slant = rng.uniform(-0.22, 0.22)
    side = rng.choice([-1.0, 1.0])
    side_m = rng.uniform(2.2, 4.0) if rng.random() < 0.5 else 40.0
    floor_inv = np.maximum(v - horizon, 0.0) / (FOCAL * CAMERA_HEIGHT_M) + 0.0 * u
    back_inv = (1.0 - slant * u / FOCAL) / back_m + 0.0 * v
    side_inv = side * u / (FOCAL * side_m) + 0.0 * v
    wall_inv = np.maximum(back_inv, side_inv)
    inverse = np.maximum(np.maximum(floor_inv, wall_inv), 1.0 / MAX_DEPTH_M)
    depth = (1.0 / inverse).astype(np.float32)
    is_floor = floor_inv > wall_inv
    is_side = side_inv > back_inv
    wall = _wall_color(rng, u, v, depth, horizon, is_side)
    floor = _floor_color(rng, u, depth)
    color = np.where(is_floor[..., None], floor, wall)
    # Corners are darker (less light reaches them), far surfaces too: both show the depth.
    seam = np.minimum(np.abs(floor_inv - wall_inv), np.abs(side_inv - back_inv) + is_floor)
    light = (1.0 - 0.3 * np.exp(-seam * 60.0)) * (1.08 - 0.045 * depth)
    labels = np.where(is_floor, FLOOR, WALL).astype(np.uint8)
    nearest = back_m / (1.0 + abs(slant) * 0.5 * size[1] / size[0] / FOCAL)
    sides = (-side_m, 40.0) if side < 0 else (-40.0, side_m)
    lit = color * light[..., None]
    return Room(lit, depth, labels, u, v, horizon, float(nearest), sides)


def _two_tone(rng: np.random.Generator, base: Field, pattern: Field, contrast: float) -> Field:
    """Base colour (3,) times 1 - contrast .. 1 by ``pattern`` (H, W), with smooth blotches."""
    height, width = pattern.shape
    blotches = 1.0 + 0.06 * noise(rng, height, width, 5) + 0.05 * noise(rng, height, width, 17)
    shade = (1.0 - contrast * (1.0 - pattern)) * blotches
    return base * shade[..., None]


def _wall_color(
    rng: np.random.Generator, u: Field, v: Field, depth: Field, horizon: float, is_side: Field
) -> Field:
    """A papered, panelled, bricked or plain wall, (H, W, 3)."""
    base = hsv(rng.random(), rng.uniform(0.05, 0.35), rng.uniform(0.6, 0.92))
    along = np.where(is_side, depth, u * depth / FOCAL) + rng.random()
    up = (v - horizon) * depth / FOCAL
    blur = depth / (FOCAL * depth.shape[0])
    kind, contrast = rng.integers(4), rng.uniform(0.12, 0.3)
    period = rng.uniform(0.45, 0.9)
    if kind == 0:
        pattern = stripes(along, period, 0.5, blur)
    elif kind == 1:
        pattern = bricks(along, up, 0.55 * period, blur)
    elif kind == 2:
        pattern = np.where(up > 0.5, np.float32(0.2), stripes(along, 2.0 * period, 0.94, blur))
    else:
        pattern = np.ones_like(depth)
    color = _two_tone(rng, base, pattern, contrast)
    return color * np.where(is_side, 0.86, 1.0)[..., None]


def _floor_color(rng: np.random.Generator, u: Field, depth: Field) -> Field:
    """A tiled, planked or carpeted floor, (H, W, 3)."""
    base = hsv(rng.choice([0.07, 0.1, rng.random()]), rng.uniform(0.15, 0.5), rng.uniform(0.4, 0.7))
    across = u * depth / FOCAL + rng.random()
    away = depth + rng.random()
    blur = depth / (FOCAL * depth.shape[0])
    blur_away = depth * blur / CAMERA_HEIGHT_M
    kind, contrast = rng.integers(3), rng.uniform(0.18, 0.4)
    if kind == 0:
        pattern = checker(across, away, 1.0, blur, blur_away)
    elif kind == 1:
        pattern = stripes(across, 0.5, 0.88, blur)
    else:
        pattern = np.ones_like(depth)
    return _two_tone(rng, base, pattern, contrast)
