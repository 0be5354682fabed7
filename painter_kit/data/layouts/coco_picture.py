"""Pictures for COCO: a scene of the world with people in it, and now and then a crowd."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data.coco_categories import IDS, NAMES
from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.layouts.pictures import draw_scene
from painter_kit.data.world.keys import generator
from painter_kit.data.world.people import Person, Placed, draw_people
from painter_kit.data.world.scene import CLASSES, Scene
from painter_kit.types import Image, Size

# Usual sizes of COCO; the longer side is 640 in most pictures.
SIZES = ((480, 640), (640, 480), (427, 640), (640, 427), (375, 500), (612, 612), (333, 500))
# What each class of the world is called in COCO: two of stuff, then things.
_COCO_NAMES = {
    "wall": "wall-other-merged",
    "floor": "floor-wood",
    "disc": "sports ball",
    "square": "tv",
    "triangle": "pizza",
    "ring": "donut",
    "star": "kite",
    "cross": "airplane",
}
CATEGORIES = {name: IDS[NAMES.index(coco)] for name, coco in _COCO_NAMES.items()}
PERSON = IDS[NAMES.index("person")]
_LEAST = 16  # pixels of a region that is annotated
_CROWD = 7  # people in a crowd


class Region(NamedTuple):
    """A region of a picture: COCO's category id, ``mask`` bool (H, W); regions do not overlap.

    ``joints`` float32 (13, 3) of one person, as in ``world/people.py``.
    """

    category: int
    mask: npt.NDArray[np.bool_]
    crowd: bool = False
    joints: npt.NDArray[np.float32] | None = None


def compose(options: LayoutOptions, split: str, index: int) -> tuple[Image, list[Region]]:
    """Picture ``index`` of the world's split, uint8 (H, W, 3), and its regions, stuff first.

    The regions cover the picture, but for specks too small to annotate.
    """
    size = options.pick(SIZES, index)
    scene = draw_scene(options, split, index, size)
    rng = generator(options.seed, split, index, "people")
    crowd = _crowd(rng, size) if index % 3 == 1 else []
    alone = _alone(rng, size) if index % 4 else []
    image, people = draw_people(rng, scene.image, [*crowd, *alone])
    regions = _scene_regions(scene, people)
    if crowd:
        together = np.any([person.mask for person in people[: len(crowd)]], axis=0)
        regions.append(Region(PERSON, together, crowd=True))
    regions += [Region(PERSON, p.mask, joints=p.joints) for p in people[len(crowd) :]]
    return image, [region for region in regions if np.count_nonzero(region.mask) >= _LEAST]


def _alone(rng: np.random.Generator, size: Size) -> list[Placed]:
    """One to three people, the smallest first; some reach over the picture's border."""
    scales = np.sort(rng.uniform(0.3, 0.9, int(rng.integers(1, 4))))
    reach = 0.45 * size[1] / size[0]
    return [
        Placed(float(rng.uniform(-reach, reach)), float(rng.uniform(0.45, 0.65)), float(scale))
        for scale in scales
    ]


def _crowd(rng: np.random.Generator, size: Size) -> list[Placed]:
    """Small people close together."""
    reach = 0.35 * size[1] / size[0]
    u, v = rng.uniform(-reach, reach), rng.uniform(0.45, 0.55)
    places = rng.uniform((-0.12, -0.02, 0.14), (0.12, 0.04, 0.2), (_CROWD, 3))
    return [Placed(float(u + du), float(v + dv), float(scale)) for du, dv, scale in places]


def _scene_regions(scene: Scene, people: list[Person]) -> list[Region]:
    """Wall and floor, then the shapes from far to near, without what people cover."""
    free = np.ones(scene.ids.shape, bool)
    for person in people:
        free &= ~person.mask
    regions = []
    for number in range(2):
        room = (scene.ids == 0) & (scene.labels == number)
        regions.append(Region(CATEGORIES[CLASSES[number]], room & free))
    for number in range(1, int(scene.ids.max()) + 1):
        mask = scene.ids == number
        name = CLASSES[int(scene.labels[mask][0])] if mask.any() else ""
        if name:
            regions.append(Region(CATEGORIES[name], mask & free))
    return regions
