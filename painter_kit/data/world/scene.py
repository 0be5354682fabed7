"""Scenes: two to five shapes that stand in or hover over a room, with exact ground truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.keys import generator
from painter_kit.data.world.room import CAMERA_HEIGHT_M, FLOOR, FOCAL, Room, build_room
from painter_kit.data.world.shapes import SEEN, SHAPES, UNSEEN, Field, foot
from painter_kit.data.world.texture import hsv, stripes
from painter_kit.types import Image, Size

# Raise when any rendered value changes: rendered caches are keyed by it.
RENDER_VERSION = 2

CLASSES = ("wall", "floor", *SEEN, *UNSEEN)
HUE_CORRELATION = 0.7
_BEVEL = 0.4  # width of the rounded rim, in radii
_MIN_GAP_M = 0.25  # between the depths of two shapes; more than the relief of any shape
_RELIEF = 0.25  # height of the rounded rim, in radii


@dataclass(frozen=True)
class Scene:
    """A rendered scene.

    ``image`` uint8 (H, W, 3); ``depth_m`` float32 (H, W), metres, whole millimetres, above 0
    and below 10; ``labels`` uint8 (H, W), index into ``CLASSES``; ``ids`` uint8 (H, W), 0 for
    the room and 1..N for the shapes from far to near.
    """

    image: Image
    depth_m: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    ids: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Thing:
    """One shape: where it is (metres; u, v and radius in the picture) and what it looks like."""

    category: str
    u: float
    v: float
    radius: float
    x_m: float
    z_m: float
    radius_m: float
    lift_m: float
    turn: float
    color: Field
    stripe: float  # period of its stripes in radii; 0 for none


def render_scene(
    seed: int, split: str, index: int, size: Size = (64, 64), categories: Sequence[str] = SEEN
) -> Scene:
    """The scene of this key at ``size`` (H, W), with shapes of the given categories."""
    rng = generator(seed, split, index, "scene")
    room = build_room(rng, size)
    things = _draw_things(rng, room, size, categories)
    distances = [_distance(t, room) for t in things]
    things, distances = _drop_hidden(things, distances, size)
    color, depth = _cast_shadows(room, things), room.depth_m.copy()
    labels, ids = room.labels.copy(), np.zeros(size, np.uint8)
    light = _light(rng)
    for number, (thing, distance) in enumerate(zip(things, distances, strict=True), start=1):
        pixel = thing.radius * size[0]
        height = _height(distance)
        alpha = np.clip(0.5 - distance * pixel, 0.0, 1.0)[..., None]
        color += (_paint(thing, room, height, pixel, light) - color) * alpha
        inside = distance < 0
        depth[inside] = (thing.z_m - _RELIEF * thing.radius_m * height)[inside]
        labels[inside] = CLASSES.index(thing.category)
        ids[inside] = number
    return Scene(finish(rng, color), _millimetres(depth), labels, ids)


def finish(rng: np.random.Generator, color: Field) -> Image:
    """Exposure and a little sensor grain: float (H, W, 3) in 0..1 to uint8.

    Grain is drawn per pixel and last, so that it alone differs between sizes of the same scene.
    """
    exposure = np.float32(255.0 * rng.uniform(0.9, 1.08))
    grain = rng.standard_normal(color.shape, dtype=np.float32) * np.float32(2.5)
    return np.clip(color * exposure + grain + np.float32(0.5), 0, 255).astype(np.uint8)


def _millimetres(depth: Field) -> npt.NDArray[np.float32]:
    return (np.rint(depth * 1000.0) / 1000.0).astype(np.float32)


def _light(rng: np.random.Generator) -> Field:
    """A unit vector (right, down, towards the camera) to the light, from above."""
    vector = np.array([rng.uniform(-0.8, 0.8), rng.uniform(-0.9, -0.4), 0.8])
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _draw_things(
    rng: np.random.Generator, room: Room, size: Size, categories: Sequence[str]
) -> list[_Thing]:
    """Shapes from far to near whose centres keep apart, in the picture and in depth."""
    wanted = int(rng.integers(2, 6))
    half_width = 0.5 * size[1] / size[0]
    things: list[_Thing] = []
    for _ in range(8 * wanted):
        thing = _draw_thing(rng, room, half_width, categories)
        if all(_apart(thing, other) for other in things):
            things.append(thing)
        if len(things) == wanted:
            break
    return sorted(things, key=lambda t: -t.z_m)


def _draw_thing(
    rng: np.random.Generator, room: Room, half_width: float, categories: Sequence[str]
) -> _Thing:
    category = categories[int(rng.integers(len(categories)))]
    far = min(room.wall_m - 0.5, 5.5)
    # Uniform in inverse depth: sizes in the picture are then evenly spread.
    z_m = 1.0 / rng.uniform(1.0 / far, 1.0 / 2.1)
    radius_m = rng.uniform(0.6, 0.85)
    lift_m = rng.uniform(0.2, 1.2) if rng.random() < 0.4 else 0.0
    reach = 0.85 * half_width * z_m / FOCAL
    low, high = room.sides_m
    x_m = rng.uniform(max(-reach, low + radius_m), min(reach, high - radius_m))
    # Colour is a cue for a seen category, but not the answer.
    hue = rng.random()
    if category in SEEN and rng.random() < HUE_CORRELATION:
        hue = SEEN.index(category) / len(SEEN) + rng.uniform(-0.04, 0.04)
    color = hsv(hue, rng.uniform(0.6, 1.0), rng.uniform(0.65, 1.0))
    stripe = rng.uniform(0.35, 0.6) if rng.random() < 0.35 else 0.0
    turn = rng.uniform(-0.35, 0.35)
    centre_m = CAMERA_HEIGHT_M - lift_m - foot(category, turn) * radius_m
    scale = FOCAL / z_m
    u, v, radius = x_m * scale, room.horizon + centre_m * scale, radius_m * scale
    return _Thing(category, u, v, radius, x_m, z_m, radius_m, lift_m, turn, color, stripe)


def _apart(one: _Thing, other: _Thing) -> bool:
    between = math.hypot(one.u - other.u, one.v - other.v)
    near = between < 0.6 * (one.radius + other.radius)
    return not near and abs(one.z_m - other.z_m) > _MIN_GAP_M


def _distance(thing: _Thing, room: Room) -> Field:
    """Signed distance (H, W) to the shape's outline, in radii."""
    a = (room.u - np.float32(thing.u)) / np.float32(thing.radius)
    b = (room.v - np.float32(thing.v)) / np.float32(thing.radius)
    c, s = np.float32(np.cos(thing.turn)), np.float32(np.sin(thing.turn))
    return SHAPES[thing.category](c * a + s * b, c * b - s * a)


def _drop_hidden(
    things: list[_Thing], distances: list[Field], size: Size
) -> tuple[list[_Thing], list[Field]]:
    """Leave out shapes of which too little is seen to tell what they are."""
    least = 0.006 * size[0] * size[0]
    seen_from_front = np.zeros(size, bool)
    kept: list[int] = []
    for i in reversed(range(len(things))):
        inside = distances[i] < 0
        visible = np.count_nonzero(inside & ~seen_from_front)
        if visible >= max(least, 0.35 * np.count_nonzero(inside)):
            kept.append(i)
            seen_from_front |= inside
    kept.reverse()
    return [things[i] for i in kept], [distances[i] for i in kept]


def _cast_shadows(room: Room, things: Sequence[_Thing]) -> Field:
    """The room's colour with a soft shadow on the floor under every shape."""
    x_m = room.u * room.depth_m / FOCAL
    light = np.ones_like(room.depth_m)
    for thing in things:
        across = (x_m - thing.x_m) / thing.radius_m
        away = (room.depth_m - thing.z_m) / (0.55 * thing.radius_m)
        light *= 1.0 - 0.6 / (1.0 + thing.lift_m) * np.exp(-(across**2) - away**2)
    return room.color * np.where(room.labels == FLOOR, light, 1.0)[..., None]


def _height(distance: Field) -> Field:
    """Height of the rounded rim, 0 on the outline to 1 inside."""
    t = np.clip(1.0 + distance / _BEVEL, 0.0, 1.0)
    return np.sqrt(1.0 - t * t)


def _paint(thing: _Thing, room: Room, height: Field, pixel: float, light: Field) -> Field:
    """The lit surface of a shape, float32 (H, W, 3)."""
    down, right = np.gradient(height)
    slope = np.float32(0.5 * pixel)
    nx, ny = -right * slope, -down * slope
    normal = 1.0 / np.sqrt(nx * nx + ny * ny + 1.0)
    lit = np.maximum((nx * light[0] + ny * light[1] + light[2]) * normal, 0.0)
    shade = 0.42 + 0.62 * lit
    if thing.stripe:
        across, down = np.sin(thing.turn), np.cos(thing.turn)
        t = (down * (room.v - thing.v) + across * (room.u - thing.u)) / thing.radius
        shade *= 0.72 + 0.28 * stripes(t, thing.stripe, 0.5, 1.0 / pixel)
    gloss = 0.35 * lit**24
    return (thing.color * shade[..., None] + gloss[..., None]).astype(np.float32)
