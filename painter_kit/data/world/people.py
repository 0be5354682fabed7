"""Several figures at once, large and small, drawn over a picture, with what is seen of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.data.world.figures import Bones, Point, draw_bones, draw_tones, person_bones
from painter_kit.data.world.room import picture_coordinates
from painter_kit.types import Image

# Joints of every person: COCO's keypoints without eyes and ears.
JOINTS = (
    "nose",
    *(
        f"{side}_{joint}"
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in ("left", "right")
    ),
)
_BODY = 3  # capsules of trunk, neck and head, which come before the limbs
_LIMB = 3  # capsules of a limb: two bones and the hand or foot
_MARGIN = 0.02  # of the picture's height, around a figure: its dark rim


@dataclass(frozen=True)
class Placed:
    """Where a person's hip is (u, v: heights of the picture, u = 0 in its middle) and how large
    the person is drawn, 1 being about as high as the picture."""

    u: float
    v: float
    scale: float


@dataclass(frozen=True)
class Person:
    """What is seen of one person.

    ``mask`` bool (H, W), pixels that no nearer person covers; ``joints`` float32 (13, 3), x and y
    in pixels (pixel centres are whole numbers) in the order of ``JOINTS``, then 2 when seen, 1
    when a nearer person is in front, and 0 (x and y too) outside the picture.
    """

    mask: npt.NDArray[np.bool_]
    joints: npt.NDArray[np.float32]


def draw_people(
    rng: np.random.Generator,
    image: Image,
    places: Sequence[Placed],
    draw: Callable[[np.random.Generator], Bones] = person_bones,
    locate: Callable[[Bones], npt.NDArray[np.float64]] | None = None,
) -> tuple[Image, list[Person]]:
    """``image`` (H, W, 3) with a person at each place, the first the farthest; and the people.

    Other figures than people by ``draw``, whose joints (K, 2) ``locate`` gives in their plane.
    """
    locate = locate or _joints
    color = image.astype(np.float32) / np.float32(255)
    masks: list[npt.NDArray[np.bool_]] = []
    points: list[npt.NDArray[np.float64]] = []
    for place in places:
        bones = draw(rng)
        masks.append(_draw(rng, color, bones, place))
        points.append(locate(bones) * place.scale + (place.u, place.v))
    return np.clip(color * 255 + 0.5, 0, 255).astype(np.uint8), _seen(masks, points)


def _draw(
    rng: np.random.Generator, color: npt.NDArray[np.float32], bones: Bones, place: Placed
) -> npt.NDArray[np.bool_]:
    """Draw one person in place; the mask (H, W). Only the person's surroundings are computed."""
    offset = np.array([place.u, place.v])
    size = color.shape[:2]
    tones = draw_tones(rng)
    ends = np.array([p for a, b, r, _ in bones.capsules for p in (a - r, a + r, b - r, b + r)])
    ends = ends * place.scale + offset
    u, v = picture_coordinates((size[0], size[1]))
    rows = _near(v[:, 0], ends[:, 1])
    columns = _near(u[0], ends[:, 0])
    mask = np.zeros(size, bool)
    part = (u[:, columns], v[rows])
    mask[rows, columns] = draw_bones(
        color[rows, columns], part, bones, (place.scale, offset), tones, size[0]
    )
    return mask


def _near(coordinates: npt.NDArray[np.floating], ends: npt.NDArray[np.float64]) -> slice:
    """The rows or columns between the outermost ends, with a margin."""
    low, high = ends.min() - _MARGIN, ends.max() + _MARGIN
    return slice(int(np.searchsorted(coordinates, low)), int(np.searchsorted(coordinates, high)))


def _joints(bones: Bones) -> npt.NDArray[np.float64]:
    """Positions (13, 2) of the joints in the figure's own plane, in the order of ``JOINTS``."""
    named: dict[str, Point] = {"nose": bones.keypoints["head"]}
    limbs = [bones.capsules[i : i + _LIMB] for i in range(_BODY, len(bones.capsules), _LIMB)]
    names = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
    kinds = [(side, joints) for side in ("left", "right") for joints in names]
    for (side, joints), limb in zip(kinds, limbs, strict=True):
        for joint, (start, *_) in zip(joints, limb, strict=True):
            named[f"{side}_{joint}"] = start
    return np.array([named[joint] for joint in JOINTS])


def _seen(
    masks: Sequence[npt.NDArray[np.bool_]], points: Sequence[npt.NDArray[np.float64]]
) -> list[Person]:
    """What the nearer people leave of each."""
    people: list[Person] = []
    nearer = np.zeros_like(masks[0]) if masks else np.zeros((0, 0), bool)
    for mask, joints in zip(reversed(masks), reversed(points), strict=True):
        people.append(Person(mask & ~nearer, _pixels(joints, nearer)))
        nearer = nearer | mask
    return people[::-1]


def _pixels(
    joints: npt.NDArray[np.float64], nearer: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Joints (K, 2) in heights of the picture as pixels with their visibility (K, 3)."""
    height, width = nearer.shape
    xy = joints * height + (width / 2, 0) - 0.5
    column, row = np.rint(xy).astype(int).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    covered = nearer[row.clip(0, height - 1), column.clip(0, width - 1)]
    visible = np.where(inside, np.where(covered, 1, 2), 0)
    return np.column_stack([xy * inside[:, None], visible]).astype(np.float32)
