"""Depth in metres, painted as a grey or coloured ramp (paper 3.1).

Protocol: predictions are whole millimetres at the truth's resolution, resized bilinearly before
they are quantised and clamped to the valid range. Pixels count whose truth lies strictly inside
that range and inside the crop; nothing is scaled or aligned. Every metric is computed per image
and then averaged over images, RMSE too (Eigen crop and released code for NYUv2).
Record: values = (1 if any pixel counts else 0, the metrics in the order of ``DEPTH_METRICS``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.depth import DEPTH_METRICS, depth_errors
from painter_kit.metrics.ratio import means_over_examples, ratio_scores
from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import Rounding, ramp_table, resize_nearest, resize_painted
from painter_kit.types import Coding, Image, Record, Size, Spec, Truth, sum_records


@dataclass(frozen=True)
class DepthProtocol:
    """Constants of the depth metric; the defaults are those of NYUv2 without a crop.

    ``crop`` = (top, bottom, left, right), slices of rows and columns outside of which pixels do
    not count; the Eigen crop of 480 x 640 pictures is ``EIGEN_CROP``. Depths are in metres,
    valid strictly between ``min_m`` and ``max_m``. ``bin_centre`` decodes to the middle of the
    256 levels instead of their lower ends, which takes away a bias of half a level (released
    code: not). ``rounding`` is that of predictions to millimetres.
    """

    min_m: float = 1e-3
    max_m: float = 10.0
    crop: tuple[int, int, int, int] | None = None
    bin_centre: bool = False
    rounding: Rounding = "truncate"


EIGEN_CROP = (45, 471, 41, 601)


def encode(truth: Truth, spec: Spec[DepthProtocol], size: Size) -> Image:
    """uint8 (H, W, 3): ``depth_m`` on the coding's ramp over its span; 0 (no value) is black.

    As the released loader does, metres become whole millimetres and then one of 256 levels,
    both truncated: on the base ramp 10 m are 255 and 39 mm are still 0.
    """
    depth = resize_nearest(truth["depth_m"], size)
    picture = ramp_table(spec.coding.ramp)[_levels(depth, spec.coding)]
    picture[depth <= 0] = 0
    return picture


def _levels(depth: npt.NDArray[np.floating], coding: Coding) -> npt.NDArray[np.integer]:
    near, far = (round(1000 * metres) for metres in coding.span)
    # The micrometre keeps depths that came from whole millimetres whole in float32.
    millimetres = np.clip(np.multiply(depth, 1000, dtype=np.float64) + 1e-3, near, far)
    return (millimetres.astype(np.int32) - near) * 255 // (far - near)


def weight(truth: Truth, spec: Spec[DepthProtocol], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): 1 where a depth is painted, 0 where it is missing or painted black."""
    painted = encode(truth, spec, size).any(axis=2, keepdims=True)
    return np.repeat(painted.astype(np.float32), 3, axis=2)


def decode(
    painted: npt.NDArray[np.floating], spec: Spec[DepthProtocol], size: Size
) -> npt.NDArray[np.float32]:
    """float32 (H, W) in metres: colours projected on the ramp, cut to whole millimetres.

    On the base ramp the projection is the mean of the three channels.
    """
    clipped = np.clip(np.asarray(painted, np.float64), 0, 1)
    colours = resize_painted(clipped, size, spec.output_resize)
    low, high = np.array(spec.coding.ramp) / 255
    direction = high - low
    share = np.clip((colours - low) @ direction / (direction @ direction), 0, 1)
    if spec.protocol.bin_centre:
        share = np.clip(share + 0.5 / 255, 0, 1)
    near, far = spec.coding.span
    millimetres = 1000 * (near + (far - near) * share)
    whole = np.floor(millimetres + (0.5 if spec.protocol.rounding == "round" else 0))
    return (whole / 1000).astype(np.float32)


def counted(truth: Truth, spec: Spec[DepthProtocol]) -> npt.NDArray[np.bool_]:
    """bool (H, W): the pixels that count, whose truth is valid and which the crop leaves."""
    depth, protocol = np.asarray(truth["depth_m"]), spec.protocol
    valid = (depth > protocol.min_m) & (depth < protocol.max_m)
    if protocol.crop is not None:
        top, bottom, left, right = protocol.crop
        inside = np.zeros_like(valid)
        inside[top:bottom, left:right] = True
        valid &= inside
    return valid


def measure(
    prediction: npt.NDArray[np.floating], truth: Truth, spec: Spec[DepthProtocol]
) -> Record:
    """The Record of one depth map (H, W) in metres; all zeros when no pixel counts."""
    least, most = spec.protocol.min_m, spec.protocol.max_m
    depth, valid = np.asarray(truth["depth_m"]), counted(truth, spec)
    if not valid.any():
        return Record(np.zeros(1 + len(DEPTH_METRICS)))
    clamped = np.clip(np.nan_to_num(prediction, nan=least, posinf=most), least, most)
    return Record(np.concatenate([[1.0], depth_errors(clamped[valid], depth[valid])]))


def summarise(records: Sequence[Record], spec: Spec[DepthProtocol]) -> dict[str, float]:
    """Every metric of ``DEPTH_METRICS``, mean over the images that have a valid pixel."""
    total = sum_records(records).values
    if total[0] == 0:
        raise InputError(
            f"no depth lies strictly between {spec.protocol.min_m} and {spec.protocol.max_m} m "
            "in any image; check that the truth is in metres and that the crop fits"
        )
    return {name: float(v[0]) for name, v in summarise_many(total[None], spec).items()}


def summarise_many(
    values: npt.NDArray[np.float64], spec: Spec[DepthProtocol]
) -> dict[str, npt.NDArray[np.float64]]:
    """Metrics of each row of summed values (R, D); NaN where no image has a valid pixel."""
    return means_over_examples(values, DEPTH_METRICS)


def score(records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): minus each image's RMSE; the reference's mean where no pixel counts."""
    values = np.array([r.values for r in records])
    count, rmse = reference.values[:2]
    return ratio_scores(-values[:, 1], values[:, 0], (-rmse, count), count)


def render(prediction: npt.NDArray[np.floating], spec: Spec[DepthProtocol]) -> Image:
    """uint8 (H, W, 3): near is bright yellow, far dark blue, over the span of the coding."""
    near, far = spec.coding.span
    share = np.clip((prediction - near) / (far - near), 0, 1)
    stops = np.linspace(0, 1, len(_SHOWN))
    channels = [np.interp(share, stops, channel) for channel in zip(*_SHOWN, strict=True)]
    return np.stack(channels, axis=-1).astype(np.uint8)


_SHOWN = ((255, 244, 150), (245, 160, 70), (200, 70, 90), (95, 40, 120), (15, 15, 50))

TASKS = {
    "depth": Task(
        "depth", encode, weight, decode, measure, summarise, score, render, (), summarise_many
    )
}
