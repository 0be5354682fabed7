"""A person detector's results on val2017, as the released file of the AP 56 detector has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from painter_kit.data.layouts.coco_picture import PERSON
from painter_kit.data.world.keys import generator

_LEAST = 2.0  # pixels: the sides of a box


def detections(
    image: Mapping[str, Any], people: Sequence[Mapping[str, Any]], seed: int
) -> list[dict[str, Any]]:
    """Boxes with scores: every person about right, some a second time, and a few false ones.

    ``image`` is an entry of ``images``, ``people`` the annotations of its persons; crowds are
    not looked for. Best score first.
    """
    rng = generator(seed, "val2017", image["id"], "detections")
    size = image["width"], image["height"]
    found = []
    for person in people:
        if person["iscrowd"]:
            continue
        found.append((_jittered(rng, person["bbox"], size, 0.04), rng.uniform(0.7, 1.0)))
        if rng.random() < 0.4:
            found.append((_jittered(rng, person["bbox"], size, 0.25), rng.uniform(0.1, 0.6)))
    for _ in range(int(rng.integers(0, 3))):
        corner = rng.uniform(0, 0.7, 2) * size
        box = [*corner, *(rng.uniform(0.05, 0.3, 2) * size)]
        found.append((box, rng.uniform(0.01, 0.3)))
    return [
        {
            "bbox": [float(value) for value in box],
            "category_id": PERSON,
            "image_id": image["id"],
            "score": float(score),
        }
        for box, score in sorted(found, key=lambda pair: -pair[1])
    ]


def _jittered(
    rng: np.random.Generator, box: Sequence[float], size: tuple[int, int], amount: float
) -> list[float]:
    """The box with its corners moved by up to ``amount`` of its sides, inside the picture."""
    x, y, width, height = box
    corners = np.array([[x, y], [x + width, y + height]], np.float64)
    corners += rng.uniform(-amount, amount, (2, 2)) * (width, height)
    corners = np.clip(corners, 0, size)
    return [*corners[0], *np.maximum(corners[1] - corners[0], _LEAST)]
