"""Keypoints of persons or animals: heat in red, class squares in green and blue (paper 3.1).

Protocol: painted colours are resized to the picture's resolution (nearest in the released code)
and truncated to uint8. Each pixel's (green, blue) gives it to the nearest class colour or to
black; a class's heat map is red on its pixels. With ``flip_test`` the mirrored picture is painted
too, and its heat maps, mirrored back, are averaged with the first ones. The point is the first
largest value, moved a quarter pixel towards the larger neighbour.

An example is a picture of one person, or a picture with the ``crops`` of several, which are
painted one by one and put into their places (``tasks/people.py``). Where the spec's metric is
one of ``people.METRICS``, Records are measured for COCO's average precision as told there; a
picture of one person counts as a picture with one detection. Animals (``AnimalProtocol``) are
measured as ``tasks/animals.py`` tells. Otherwise, for one person a picture:
OKS and PCK over labelled keypoints, all on the 0..1 scale. ``pck`` pools keypoints (within
``pck_share`` of the box's longer side, no normalisation by head or torso), ``oks`` is the mean
over persons, ``oks_pass`` the share of persons with OKS of at least 0.50, 0.55 ... 0.95, mean
over the ten.
Record: values = (1, numerator and denominator of what ``score`` ranks by, persons with a labelled
keypoint, labelled keypoints, correct keypoints, OKS, passes at each of the ten thresholds).
Score: contribution to ``pck`` when that is the spec's metric, to ``ar`` where the metric is one of
average precision, which does not add up over persons, else to ``oks_pass``.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.detection import THRESHOLDS
from painter_kit.metrics.keypoints import oks, pck
from painter_kit.metrics.ratio import ratio_scores
from painter_kit.tasks import animals, people
from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import Rounding, nearest_colour, painted_colours
from painter_kit.tasks.heat import Keypoints, gaussian, locate, mirrored_back
from painter_kit.tasks.people import People
from painter_kit.types import RGB, Example, Image, Record, Size, Spec, Truth, sum_records

Plane: TypeAlias = npt.NDArray[np.uint8]


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

    ``crop`` is the size (H, W) at which the crops of a picture with several persons are decoded.
    ``flip_test`` paints the mirrored picture too; ``flip_crop`` tells which: the crop of the
    mirrored photograph (its centre at W - 1 - x; released code) or the crop, mirrored.
    ``shift_flipped`` moves its heat maps right by a pixel. ``score_floor``: keypoints that score
    more count in a person's score; ``nms_oks``: persons more similar to a better one are left
    out; ``keep`` persons of a picture are measured.
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
    crop: Size = (256, 192)
    flip_test: bool = False
    flip_crop: Literal["mirrored-image", "mirrored-crop"] = "mirrored-image"
    shift_flipped: bool = True
    score_floor: float = 0.2
    nms_oks: float = 0.9
    keep: int = 20


@dataclass(frozen=True)
class AnimalProtocol(KeypointProtocol):
    """Animals, measured by ``tasks/animals.py``.

    ``shared`` are joints that get metrics of their own (those that another data set has too).
    ``pck_share`` is 0.05, at which published PCK of animals is measured.
    """

    pck_share: float = 0.05
    shared: tuple[int, ...] = ()


def encode(truth: Truth, spec: Spec[KeypointProtocol], size: Size) -> Image:
    """uint8 (H, W, 3): the visible ``keypoints`` (K, 3), or (G, K, 3) of several persons.

    They are in pixels of a picture of ``size`` or, where the truth has one, of its own ``size``;
    its painted target is then resized as the spec resizes targets. Red is the largest heat of
    any keypoint, truncated; green and blue are the class colour on the keypoint's square. Where
    squares overlap the hottest keypoint wins, the first on ties.
    """
    height, width = truth["size"].tolist() if "size" in truth else size
    own = height, width
    picture = _paint(truth["keypoints"].reshape(-1, 3), spec, own)
    if own == size:
        return picture
    from PIL import Image as Pictures

    how = Pictures.Resampling[spec.target_resize.upper()]
    return np.asarray(Pictures.fromarray(picture).resize((size[1], size[0]), how))


def _paint(points: npt.NDArray[np.floating], spec: Spec[KeypointProtocol], size: Size) -> Image:
    heat = np.zeros(size, np.float32)
    hottest = np.full(size, -1, np.float32)
    own = np.zeros(size, np.float32)  # of one keypoint at a time
    picture = np.zeros((*size, 3), np.uint8)
    palette, protocol = spec.coding.palette, spec.protocol
    for index, (x, y, seen) in enumerate(points.tolist()):
        if seen <= 0:
            continue
        centre = int(x + 0.5), int(y + 0.5)  # truncates toward zero left of the picture
        *hot, values = gaussian(centre, protocol.heat_sigma, size)
        own[*hot] = values
        heat[*hot] = np.maximum(heat[*hot], values)
        rows, columns, _ = gaussian(centre, protocol.class_sigma, size)
        wins = own[rows, columns] > hottest[rows, columns]
        hottest[rows, columns][wins] = own[rows, columns][wins]
        picture[rows, columns, 1:][wins] = palette[index % len(palette)][1:]
        own[*hot] = 0
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


def views(example: Example, spec: Spec[KeypointProtocol]) -> Sequence[Image]:
    """The crops to paint, or the picture; with ``flip_test`` each followed by its mirror image.

    ``example.views`` holds every crop and the crop of the mirrored photograph in turn, and may
    be empty for a picture of one person.
    """
    alone = "crops" not in example.truth and not example.views
    crops = (example.image,) if alone else example.views[::2]
    if not spec.protocol.flip_test:
        return crops
    mirrored = example.views[1::2]
    if alone or spec.protocol.flip_crop == "mirrored-crop":
        mirrored = [np.ascontiguousarray(crop[:, ::-1]) for crop in crops]
    return [view for pair in zip(crops, mirrored, strict=True) for view in pair]


def decode(
    painted: npt.NDArray[np.floating], spec: Spec[KeypointProtocol], size: Size
) -> Keypoints:
    """The keypoints of one picture from (S, S, 3), (1, S, S, 3) or, with its mirror image,
    (2, S, S, 3)."""
    protocol = spec.protocol
    pictures = [
        painted_colours(view, size, spec.output_resize, protocol.rounding)
        for view in painted.reshape(-1, *painted.shape[-3:])
    ]
    read = [(owners(picture, spec), picture[..., 0]) for picture in pictures]
    if len(read) > 1:
        swapped = np.arange(256, dtype=np.uint8)
        for one, other in protocol.flip_pairs:
            swapped[[one, other]] = other, one
        owner, red = (mirrored_back(plane, protocol.shift_flipped) for plane in read[1])
        read[1] = swapped[owner], red
    return locate(_added(read, spec), 255 * len(read))


def decode_example(
    painted: npt.NDArray[np.floating], spec: Spec[KeypointProtocol], example: Example
) -> Keypoints | People:
    """The keypoints of one person, or the people found in a picture with ``crops``.

    ``painted`` (V, S, S, 3) belongs to ``views(example, spec)``.
    """
    truth, protocol = example.truth, spec.protocol
    if "crops" not in truth:
        height, width = example.image.shape[:2]
        return decode(painted, spec, (height, width))
    each = 1 + protocol.flip_test
    starts = range(0, len(painted), each)
    found = [decode(painted[start : start + each], spec, protocol.crop) for start in starts]
    return people.gather(found, truth, spec)


def heat_maps(picture: Image, spec: Spec[KeypointProtocol]) -> npt.NDArray[np.uint8]:
    """uint8 (K, H, W): red where a class owns the pixel, else 0."""
    return _added([(owners(picture, spec), picture[..., 0])], spec).astype(np.uint8)


def _added(
    read: Sequence[tuple[Plane, Plane]], spec: Spec[KeypointProtocol]
) -> npt.NDArray[np.uint16]:
    """uint16 (K, H, W): the heat (H, W) added to the class that owns each pixel."""
    shape = read[0][0].shape
    heat = np.zeros((len(spec.coding.palette) + 1, read[0][0].size), np.uint16)
    places = np.arange(heat.shape[1])
    for owner, red in read:
        heat[owner.ravel(), places] += red.ravel()
    return heat[:-1].reshape(-1, *shape)


def owners(picture: Image, spec: Spec[KeypointProtocol]) -> Plane:
    """uint8 (H, W): the class whose (green, blue) is nearest, the lowest on ties; K for black."""
    return _owners(spec.coding.palette)[picture[..., 1], picture[..., 2]]


@lru_cache(maxsize=64)
def _owners(palette: tuple[RGB, ...]) -> Plane:
    """uint8 (256, 256): the class that each green and blue is nearest to."""
    levels = np.arange(256, dtype=np.uint8)
    every = np.zeros((256, 256, 3), np.uint8)
    every[..., 1], every[..., 2] = levels[:, None], levels
    return nearest_colour(every, (*palette, (0, 0, 0)), channels=(1, 2))


def measure(prediction: Keypoints | People, truth: Truth, spec: Spec[KeypointProtocol]) -> Record:
    """The Record of one person or, for average precision, of one picture.

    Of a person without a labelled keypoint all is zero but the first value.
    """
    if isinstance(spec.protocol, AnimalProtocol):
        return animals.measure(people.as_people(prediction, spec), truth, spec)
    if spec.metric in people.METRICS:
        return people.measure(people.as_people(prediction, spec), truth, spec)
    if isinstance(prediction, People):
        raise InputError(
            f"task {spec.task} on {spec.data}: {spec.metric} is measured on one person a picture; "
            f"use one of {', '.join(people.METRICS)}"
        )
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
    """pck, oks, oks50, oks75 and oks_pass, all 0..1, over persons with a labelled keypoint; or
    what ``people.summarise`` or ``animals.summarise`` gives where the spec has metrics of those."""
    if isinstance(spec.protocol, AnimalProtocol):
        return animals.summarise(records, spec)
    if spec.metric in people.METRICS:
        return people.summarise(records, spec)
    _, _, _, persons, labelled, correct, similarity, *passes = sum_records(records).values.tolist()
    if persons == 0:
        raise people.nothing_labelled(spec)
    return {
        "pck": correct / labelled,
        "oks": similarity / persons,
        "oks50": passes[0] / persons,
        "oks75": passes[5] / persons,
        "oks_pass": sum(passes) / len(passes) / persons,
    }


def summarise_resamples(
    records: Sequence[Record], weights: npt.NDArray[np.number], spec: Spec[Any]
) -> dict[str, npt.NDArray[np.float64]]:
    """Metrics of pictures with several persons (``people``) or animals (``animals``), float64
    (R,), of R resamples with ``weights`` (R, n)."""
    module = animals if isinstance(spec.protocol, AnimalProtocol) else people
    return module.summarise_resamples(records, weights, spec)


def score(records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): first-order contribution of each picture to pck, oks_pass or ar at
    ``reference``."""
    values = np.array([r.values for r in records])
    examples, numerator, denominator = reference.values[:3]
    return ratio_scores(values[:, 1], values[:, 2], (numerator, denominator), examples)


def render(prediction: Keypoints | People, spec: Spec[KeypointProtocol]) -> Image:
    """uint8 (H, W, 3): one dot per keypoint found, in a hue of its own, on black."""
    picture = np.zeros((*prediction.size, 3), np.uint8)
    radius = max(1, min(prediction.size) // 64)
    count = len(spec.protocol.names)
    points, scores = prediction.points.reshape(-1, 2), prediction.scores.ravel()
    for k, (x, y) in enumerate(points.tolist()):
        if scores[k] <= 0:
            continue
        hue = colorsys.hsv_to_rgb(k % count / count, 0.7, 1.0)
        rows = slice(max(0, round(y) - radius), max(0, round(y) + radius + 1))
        columns = slice(max(0, round(x) - radius), max(0, round(x) + radius + 1))
        picture[rows, columns] = [int(255 * level) for level in hue]
    return picture


TASKS = {
    "keypoint": Task(
        "keypoint",
        encode,
        weight,
        decode,
        measure,
        summarise,
        score,
        render,
        summarise_resamples=summarise_resamples,
        views=views,
        decode_example=decode_example,
        tells="side",
    )
}
