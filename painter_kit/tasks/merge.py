"""From instances and a label map to segments: the label vote and the panoptic merge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from painter_kit.tasks.colors import VOID, ColourDistance, colour_costs
from painter_kit.types import RGB, Image

Masks = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]


def vote(masks: Masks, picture: Image, colours: Sequence[RGB], distance: ColourDistance) -> Labels:
    """int64 (M,): for each mask (M, H, W) the colour that ``picture`` (H, W, 3) is nearest to.

    The released code sums p = 1 - distance / (largest distance of the picture) over the mask and
    takes the largest sum; with one divisor for all colours that is the smallest sum of distances,
    here in whole numbers. The lowest index on ties.
    """
    # Distances add up over channels, so that levels of each channel can be counted first.
    levels = picture.reshape(-1, 3) + np.array([0, 256, 512], np.int16)
    counted = [np.bincount(levels[np.flatnonzero(mask)].ravel(), minlength=768) for mask in masks]
    costs = [np.concatenate([colour_costs(level, distance) for level in c]) for c in colours]
    sums = np.reshape(counted, (-1, 768)) @ np.array(costs, np.int64).T
    return sums.argmin(axis=1).astype(np.int64)


def merge(
    instances: tuple[Masks, npt.NDArray[np.floating], Labels],
    semantic: npt.NDArray[np.integer],
    things: Sequence[int],
    score_threshold: float,
    overlap_threshold: float,
    stuff_area: int,
) -> tuple[npt.NDArray[np.int32], Labels]:
    """(segments int32 (H, W), categories int64 (N,)): 0 is void, i + 1 is where segment i is.

    ``instances`` are masks (M, H, W), scores and labels (M,). Best first, down to the score
    threshold, an instance takes the pixels that are still free; it is left out when more than
    ``overlap_threshold`` of it is taken. Then each class of the label map ``semantic`` (H, W)
    that is no thing takes what is free, if that is at least ``stuff_area`` pixels. The rest,
    with things of the label map that no instance covers, is void.
    """
    masks, scores, labels = instances
    segments = np.zeros(semantic.shape, np.int32)
    categories: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if float(scores[index]) < score_threshold:
            break
        mask = masks[index]
        area, free = np.count_nonzero(mask), mask & (segments == 0)
        fresh = np.count_nonzero(free)
        if area and (area - fresh) / area <= overlap_threshold:
            categories.append(int(labels[index]))
            segments[free] = len(categories)
    free = segments == 0
    areas = np.bincount(semantic[free], minlength=VOID + 1)
    areas[[*things, VOID]] = 0
    large = np.flatnonzero(areas >= max(stuff_area, 1))
    numbers = np.zeros(len(areas), np.int32)
    numbers[large] = len(categories) + 1 + np.arange(len(large))
    segments[free] = numbers[semantic[free]]
    return segments, np.array([*categories, *large], np.int64)
