"""Edits of a pair that keep it true: a crop, a mirror, and the exposure of its picture.

Crop and mirror change the truth, from which the target is painted anew (``data/edits.py``).
Exposure changes the picture alone, or, where the target is a picture too (restoration), both as
if they were one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from painter_kit.data.edits import Box, crop_example, mirror_example
from painter_kit.evaluation.pool import flaw
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, make_pair
from painter_kit.types import Example, Image, Size, Spec

PICTURE = "clean"  # in the truth of tasks whose target is a picture


@dataclass(frozen=True)
class Edits:
    """What is done to a pair, in this order; the defaults are nothing.

    ``zoom`` is the crop's share of both sides, ``x`` and ``y`` say where in the room that is left
    it lies, from left and top (0) to right and bottom (1). ``brightness``, ``contrast`` and
    ``saturation`` are factors, ``gamma`` is an exponent (more is darker).
    """

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    flip: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    gamma: float = 1.0

    def box(self, size: Size) -> Box:
        """The crop of a picture of ``size`` (H, W), at least a pixel."""
        height, width = (max(1, round(self.zoom * side)) for side in size)
        left, top = round(self.x * (size[1] - width)), round(self.y * (size[0] - height))
        return Box(left, top, width, height)


def edit_example(example: Example, spec: Spec[Any], edits: Edits) -> Example:
    """An edited example. Raises ``InputError`` for a truth that cannot be cut or mirrored."""
    height, width = example.image.shape[:2]
    box = edits.box((height, width))
    if (box.height, box.width) != (height, width):
        example = crop_example(example, box)
    if edits.flip:
        example = mirror_example(example, spec)
    if PICTURE not in example.truth:
        return replace(example, image=expose([example.image], edits)[0])
    image, clean = expose([example.image, example.truth[PICTURE]], edits)
    return replace(example, image=image, truth={**example.truth, PICTURE: clean})


def expose(pictures: Sequence[Image], edits: Edits) -> list[Image]:
    """uint8 pictures (H, W, 3) in another light, as if they were parts of one picture.

    Contrast changes about the mean grey of all of them.
    """
    import torch
    from torchvision.transforms.v2 import functional

    pixels = np.concatenate([picture.reshape(-1, 3) for picture in pictures])
    light = torch.from_numpy(pixels.T[:, None].copy())  # 3 x 1 x pixels
    for name in ("brightness", "contrast", "saturation", "gamma"):
        if (amount := getattr(edits, name)) != 1:
            light = getattr(functional, f"adjust_{name}")(light, amount)
    places = np.cumsum([picture.size // 3 for picture in pictures])[:-1]
    parts = np.split(light[:, 0].numpy().T, places)
    return [
        np.ascontiguousarray(part.reshape(picture.shape))
        for part, picture in zip(parts, pictures, strict=True)
    ]


def edited_prompt(
    task: Task, spec: Spec[Any], example: Example, prompt: Prompt, edits: Edits
) -> tuple[Prompt, str]:
    """``prompt``, the pair of ``example``, edited; and why it cannot be one (empty if it can).

    Provenance gets the edits and the ``box`` (left, top, width, height in pixels of the pair).
    """
    made = edit_example(example, spec, edits)
    pair = make_pair(task, spec, made)
    height, width = example.image.shape[:2]
    done = {**asdict(edits), "box": edits.box((height, width)).to_json()}
    provenance = {**prompt.provenance, "edits": done}
    return replace(prompt, pair=pair, provenance=provenance), flaw(task, spec, made, pair)
