"""Single large stick figures with seven keypoints: people, and a quadruped never trained on.

Left limbs are light and right limbs dark, and a figure may face either way: left and right are
told by tone alone. A mirrored picture is therefore a valid picture whose keypoints keep their
names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.keys import generator
from painter_kit.data.world.room import build_room
from painter_kit.data.world.scene import finish
from painter_kit.data.world.shapes import Field
from painter_kit.data.world.texture import hsv
from painter_kit.types import Image, Size

Point = npt.NDArray[np.float64]

PERSON = ("head", "neck", "hip", "left_hand", "right_hand", "left_foot", "right_foot")
QUADRUPED = (
    "head",
    "chest",
    "rump",
    "left_front_foot",
    "right_front_foot",
    "left_hind_foot",
    "right_hind_foot",
)
SKELETONS = {"person": PERSON, "quadruped": QUADRUPED}


@dataclass(frozen=True)
class Figure:
    """A rendered figure.

    ``image`` uint8 (H, W, 3); ``keypoints`` float32 (7, 3), x and y in pixels (pixel centres
    are whole numbers) and visibility 2, in the order of its skeleton's names; ``box`` float32
    (4,), x, y, width and height of the figure; ``area`` float32 (), its pixels.
    """

    image: Image
    keypoints: npt.NDArray[np.float32]
    box: npt.NDArray[np.float32]
    area: npt.NDArray[np.float32]


@dataclass
class Bones:
    """A figure in the plane: capsules (from, to, radius, tone) in drawing order, and keypoints.

    Tone 0 is the body, +1 a left (light) and -1 a right (dark) limb; lengths in heights of the
    picture.
    """

    capsules: list[tuple[Point, Point, float, int]] = field(default_factory=list)
    keypoints: dict[str, Point] = field(default_factory=dict)

    def limb(self, start: Point, angles: Sequence[float], length: float, tone: int) -> Point:
        """Add a limb of equally long bones, angles in radians from straight down; its end."""
        radius = 0.027
        for angle in angles:
            end = start + length * _down(angle)
            self.capsules.append((start, end, radius, tone))
            start = end
        self.capsules.append((start, start, 1.45 * radius, tone))
        return start


def _down(angle: float) -> Point:
    return np.array([np.sin(angle), np.cos(angle)])


def person_bones(rng: np.random.Generator) -> Bones:
    """A person with the hip at the origin: trunk, neck and head, then leg and arm of each side."""
    bones = Bones()
    hip = np.zeros(2)
    neck = hip - 0.25 * _down(rng.uniform(-0.25, 0.25))
    head = neck - 0.10 * _down(rng.uniform(-0.35, 0.35))
    bones.capsules += [(hip, neck, 0.045, 0), (neck, head, 0.025, 0), (head, head, 0.075, 0)]
    bones.keypoints = {"head": head, "neck": neck, "hip": hip}
    front = rng.choice([-1, 1])  # seen from the front or from behind
    for name, tone in (("left", 1), ("right", -1)):
        side = float(front * tone)
        leg = side * rng.uniform(0.05, 0.75)
        knee = leg + rng.uniform(-0.5, 0.5)
        arm = side * rng.uniform(0.2, 2.5)
        elbow = arm + rng.uniform(-0.9, 0.9)
        shoulder = neck + 0.03 * (hip - neck) / 0.25 + np.array([0.03 * side, 0.0])
        hip_side = hip + np.array([0.025 * side, 0.0])
        bones.keypoints[f"{name}_foot"] = bones.limb(hip_side, (leg, knee), 0.165, tone)
        bones.keypoints[f"{name}_hand"] = bones.limb(shoulder, (arm, elbow), 0.135, tone)
    return bones


def quadruped_bones(rng: np.random.Generator) -> Bones:
    """A quadruped with the rump at the origin: trunk, neck, head and tail, then the front and the
    hind legs, the left one of each before the right one."""
    bones = Bones()
    facing = rng.choice([-1.0, 1.0])
    tilt = rng.uniform(-0.2, 0.2)
    rump = np.zeros(2)
    chest = rump + 0.36 * np.array([facing * np.cos(tilt), np.sin(tilt)])
    head = chest + 0.17 * np.array([facing * rng.uniform(0.5, 0.9), -rng.uniform(0.5, 0.9)])
    tail = rump - 0.14 * np.array([facing, rng.uniform(0.0, 1.0)])
    bones.capsules += [(rump, chest, 0.06, 0), (chest, head, 0.035, 0), (head, head, 0.07, 0)]
    bones.capsules.append((rump, tail, 0.018, 0))
    bones.keypoints = {"head": head, "chest": chest, "rump": rump}
    for end, anchor in (("front", chest), ("hind", rump)):
        swing = rng.uniform(0.15, 0.5) * rng.choice([-1, 1])
        for name, tone in (("left", 1), ("right", -1)):
            angle = tone * swing + rng.uniform(-0.15, 0.15)
            angles = (angle, angle + rng.uniform(-0.4, 0.4))
            bones.keypoints[f"{name}_{end}_foot"] = bones.limb(anchor, angles, 0.15, tone)
    return bones


_DRAW: dict[str, Callable[[np.random.Generator], Bones]] = {
    "person": person_bones,
    "quadruped": quadruped_bones,
}


def render_figure(
    seed: int, split: str, index: int, size: Size = (64, 64), skeleton: str = "person"
) -> Figure:
    """The figure of this key at ``size`` (H, W), a skeleton of ``SKELETONS``."""
    rng = generator(seed, split, index, skeleton)
    room = build_room(rng, size)
    bones = _DRAW[skeleton](rng)
    scale, offset = _placement(rng, bones, size)
    color, tones = room.color * np.float32(0.9), draw_tones(rng)
    mask = draw_bones(color, (room.u, room.v), bones, (scale, offset), tones)
    points = np.array([bones.keypoints[name] for name in SKELETONS[skeleton]]) * scale + offset
    pixels = points * size[0] + np.array([size[1] / 2, 0.0]) - 0.5
    keypoints = np.concatenate([pixels, np.full((len(points), 1), 2.0)], axis=1)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0])
    area = np.array(np.count_nonzero(mask), np.float32)
    image = finish(rng, color)
    return Figure(image, keypoints.astype(np.float32), np.array(box, np.float32), area)


def _placement(rng: np.random.Generator, bones: Bones, size: Size) -> tuple[float, Point]:
    """Scale and offset that put the whole figure somewhere inside the picture."""
    joints = np.array([p for a, b, r, _ in bones.capsules for p in (a - r, a + r, b - r, b + r)])
    low, high = joints.min(axis=0), joints.max(axis=0)
    room_low = np.array([-0.5 * size[1] / size[0] + 0.02, 0.02])
    room_high = np.array([0.5 * size[1] / size[0] - 0.02, 0.98])
    scale = float(min(rng.uniform(0.85, 1.15), *((room_high - room_low) / (high - low))))
    start, end = room_low - scale * low, room_high - scale * high
    return scale, start + (end - start) * rng.random(2)


def draw_tones(rng: np.random.Generator) -> dict[int, Field]:
    """Colours (3,), 0..1, of the body (0), left (1) and right limbs (-1)."""
    hue = rng.random()
    return {
        0: hsv(hue, 0.75, 0.75),
        1: hsv(hue, rng.uniform(0.05, 0.25), 1.0),
        -1: hsv(hue, rng.uniform(0.3, 0.7), rng.uniform(0.12, 0.25)),
    }


def draw_bones(
    color: Field,
    coordinates: tuple[Field, Field],
    bones: Bones,
    placement: tuple[float, Point],
    tones: dict[int, Field],
    height: int | None = None,
) -> npt.NDArray[np.bool_]:
    """Draw a figure on ``color`` float (H, W, 3), 0..1, in place; the mask (H, W) of its pixels.

    ``coordinates`` are u (1, W) and v (H, 1) of the pixels; ``placement`` is the scale and the
    offset (u, v) of the bones. ``height`` is the whole picture's when ``color`` is a part of it.
    """
    scale, offset = placement
    rows = float(height or color.shape[0])
    mask = np.zeros(color.shape[:2], bool)
    for start, end, radius, tone in bones.capsules:
        a, b, r = start * scale + offset, end * scale + offset, radius * scale
        distance = _capsule(coordinates, a, b) - np.float32(r)
        rim = np.clip(0.5 - (distance - 0.008) * rows, 0.0, 1.0)[..., None]
        color *= 1.0 - 0.5 * rim
        alpha = np.clip(0.5 - distance * rows, 0.0, 1.0)[..., None]
        lit = 0.8 + 0.25 * np.clip(-distance / np.float32(r), 0.0, 1.0)[..., None]
        color += (tones[tone] * lit - color) * alpha
        mask |= distance < 0
    return mask


def _capsule(coordinates: tuple[Field, Field], start: Point, end: Point) -> Field:
    """Distance (H, W) to the segment from ``start`` to ``end``, in heights of the picture."""
    x, y = coordinates[0] - np.float32(start[0]), coordinates[1] - np.float32(start[1])
    dx, dy = (end - start).astype(np.float32)
    along = np.clip((x * dx + y * dy) / np.float32(max(dx * dx + dy * dy, 1e-12)), 0.0, 1.0)
    return np.hypot(x - along * dx, y - along * dy)
