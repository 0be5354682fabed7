"""Keypoints of one person or animal: heat in red, class squares in green and blue (paper 3.1).

Protocol: painted colours are resized to the picture's resolution (nearest in the released code)
and truncated to uint8. Each pixel's (green, blue) gives it to the nearest class colour or to
black; a class's heat map is red on its pixels; the point is the first largest value, moved a
quarter pixel towards the larger neighbour. Points are in pixels of the picture. OKS and PCK over
labelled keypoints, all on the 0..1 scale: ``pck`` pools keypoints (within ``pck_share`` of the
box's longer side, no normalisation by head or torso), ``oks`` is the mean over persons,
``oks_pass`` the share of persons with OKS of at least 0.50, 0.55 ... 0.95, mean over the ten.
Record: values = (1, numerator and denominator of what ``score`` ranks by, persons with a labelled
keypoint, labelled keypoints, correct keypoints, OKS, passes at each of the ten thresholds).
Score: contribution to ``pck`` when that is the spec's metric, else to ``oks_pass``, which adds up
over persons as AP does not.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.detection import THRESHOLDS
from painter_kit.metrics.keypoints import oks, pck
from painter_kit.metrics.ratio import ratio_scores
from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import Rounding, nearest_colour, painted_colours
from painter_kit.tasks.heat import Keypoints, gaussian, locate
from painter_kit.types import Image, Record, Size, Spec, Truth, sum_records


@dataclass(frozen=True)
class KeypointProtocol:
    """The skeleton and the constants of painting; the constants are those of COCO at 256 x 192.

    ``names`` and ``sigmas`` (OKS fall-off, as in COCO: standard deviation / sqrt(area)) have one
    entry per keypoint, ``flip_pairs`` the indices that a mirror swaps. ``class_sigma`` and
    ``heat_sigma`` are in pixels of the picture: squares of about 6 ``class_sigma`` + 1 pixels
    carry the class, Gaussians of ``heat_sigma`` the heat. ``foreground_weight`` is the loss
    weight of painted elements (pixels x channels); with fewer than ``near_empty`` of them the
    target does not count. ``pck_share``: PCK accepts points within this share of the box's
    longer side.
    """

    names: tuple[str, ...]
    sigmas: tuple[float, ...]
    flip_pairs: tuple[tuple[int, int], ...] = ()
    class_sigma: float = 1.5
    heat_sigma: float = 3.0
    foreground_weight: float = 10.0
    near_empty: int = 300
    pck_share: float = 0.1
    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[KeypointProtocol], size: Size) -> Image:
    """uint8 (H, W, 3): the visible ``keypoints``; they must be in pixels of a picture of ``size``.

    Red is the largest heat of any keypoint, truncated; green and blue are the class colour on
    the keypoint's square. Where squares overlap the hottest keypoint wins, the first on ties.
    """
    heat = np.zeros(size, np.float32)
    hottest = np.full(size, -1, np.float32)
    picture = np.zeros((*size, 3), np.uint8)
    protocol = spec.protocol
    for (x, y, seen), colour in zip(truth["keypoints"].tolist(), spec.coding.palette, strict=True):
        if seen <= 0:
            continue
        centre = int(x + 0.5), int(y + 0.5)  # truncates toward zero left of the picture
        own = np.zeros(size, np.float32)
        rows, columns, values = gaussian(centre, protocol.heat_sigma, size)
        own[rows, columns] = values
        np.maximum(heat, own, out=heat)
        rows, columns, _ = gaussian(centre, protocol.class_sigma, size)
        wins = own[rows, columns] > hottest[rows, columns]
        hottest[rows, columns][wins] = own[rows, columns][wins]
        picture[rows, columns, 1:][wins] = colour[1:]
    picture[..., 0] = 255 * heat
    return picture


def weight(truth: Truth, spec: Spec[KeypointProtocol], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): ``foreground_weight`` on painted elements, 1 elsewhere.

    All zeros when almost nothing is painted.
    """
    painted = encode(truth, spec, size) > 0
    if np.count_nonzero(painted) < spec.protocol.near_empty:
        return np.zeros((*size, 3), np.float32)
    return np.where(painted, np.float32(spec.protocol.foreground_weight), np.float32(1))


def decode(
    painted: npt.NDArray[np.floating], spec: Spec[KeypointProtocol], size: Size
) -> Keypoints:
    """The keypoints of one picture, without flip test."""
    picture = painted_colours(painted, size, spec.output_resize, spec.protocol.rounding)
    return locate(heat_maps(picture, spec) / 255)


def heat_maps(picture: Image, spec: Spec[KeypointProtocol]) -> npt.NDArray[np.uint8]:
    """uint8 (K, H, W): red where (green, blue) is nearest to class k, the lowest on ties, else 0.

    Black, the background, comes after the classes.
    """
    classes = len(spec.coding.palette)
    owner = nearest_colour(picture, (*spec.coding.palette, (0, 0, 0)), channels=(1, 2))
    return np.where(owner == np.arange(classes)[:, None, None], picture[..., 0], np.uint8(0))


def measure(prediction: Keypoints, truth: Truth, spec: Spec[KeypointProtocol]) -> Record:
    """The Record of one person; all zeros but the first when no keypoint is labelled."""
    true, protocol = truth["keypoints"], spec.protocol
    labelled = int(np.count_nonzero(true[:, 2] > 0))
    if labelled == 0:
        return Record(np.concatenate([[1.0], np.zeros(6 + len(THRESHOLDS))]))
    found = prediction.scores > 0
    reach = protocol.pck_share * float(max(truth["box"][2:]))
    correct = pck(prediction.points, true, reach, found)
    similarity = oks(
        prediction.points, true, float(truth["area"]), np.array(protocol.sigmas), found
    )
    passes = (similarity >= THRESHOLDS).astype(np.float64)
    ranked = (correct, labelled) if spec.metric == "pck" else (passes.mean(), 1)
    return Record(np.array([1, *ranked, 1, labelled, correct, similarity, *passes], np.float64))


def summarise(records: Sequence[Record], spec: Spec[KeypointProtocol]) -> dict[str, float]:
    """pck, oks, oks50, oks75 and oks_pass, all 0..1, over persons with a labelled keypoint."""
    _, _, _, persons, labelled, correct, similarity, *passes = sum_records(records).values.tolist()
    if persons == 0:
        raise InputError(
            f"task {spec.task} on {spec.data}: no example has a labelled keypoint "
            "(visibility above 0); choose others"
        )
    return {
        "pck": correct / labelled,
        "oks": similarity / persons,
        "oks50": passes[0] / persons,
        "oks75": passes[5] / persons,
        "oks_pass": sum(passes) / len(passes) / persons,
    }


def score(records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): first-order contribution of each person to pck or oks_pass at ``reference``."""
    values = np.array([r.values for r in records])
    examples, numerator, denominator = reference.values[:3]
    return ratio_scores(values[:, 1], values[:, 2], (numerator, denominator), examples)


def render(prediction: Keypoints, spec: Spec[KeypointProtocol]) -> Image:
    """uint8 (H, W, 3): one dot per keypoint found, in a hue of its own, on black."""
    picture = np.zeros((*prediction.size, 3), np.uint8)
    radius = max(1, min(prediction.size) // 64)
    for k, (x, y) in enumerate(prediction.points):
        if prediction.scores[k] <= 0:
            continue
        hue = colorsys.hsv_to_rgb(k / len(prediction.points), 0.7, 1.0)
        rows = slice(max(0, round(y) - radius), round(y) + radius + 1)
        columns = slice(max(0, round(x) - radius), round(x) + radius + 1)
        picture[rows, columns] = [int(255 * level) for level in hue]
    return picture


TASKS = {"keypoint": Task("keypoint", encode, weight, decode, measure, summarise, score, render)}
