"""Denoising, deraining, low-light enhancement, and unseen low-level tasks: the target is the clean
picture (paper 3.1).

Protocol: painted pictures are resized to the truth's resolution, then clipped; only deraining
truncates them to uint8, the others are measured as floats. PSNR (at most 100 dB) and SSIM per
image in the convention of the benchmark, averaged over images, and where images have a stratum
(a deraining set) over the unweighted means of the strata.

* plain: psnr and ssim in RGB; Gaussian windows, data range 1.
* derain: both on the luma plane of uint8 pictures (as the published MATLAB script).
* sidd: psnr in RGB, ssim of the H x W x 3 volume (as MATLAB's ssim takes it).
* lol: psnr in RGB; ssim with uniform windows at data range 2, as published, and the correct
  ``ssim_range1``.
* hole: as plain, and ``psnr_hole`` over the pixels of ``truth["hole"]`` alone; the others need only
  be copied.
* colour: as plain, and ``delta_e``, the mean CIEDE2000 difference of the pixels' colours (sRGB,
  D65; less is better).

``psnr_rgb`` and ``ssim_rgb`` are the plain values beside the others.
Record: values = (1, the convention's metrics in the order of ``METRICS``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.metrics.ratio import means_over_examples
from painter_kit.metrics.restoration import (
    delta_e,
    luma,
    psnr,
    ssim_gaussian,
    ssim_uniform,
    ssim_volume,
)
from painter_kit.tasks.base import Task
from painter_kit.tasks.colors import Rounding, quantise, resize_painted
from painter_kit.types import Image, Record, Size, Spec, Truth, sum_records

Convention = Literal["plain", "derain", "sidd", "lol", "hole", "colour"]


RESTORATIONS = (
    *("denoise", "derain", "enhance"),
    *("dehaze", "deblur", "inpaint", "colourise"),
)


@dataclass(frozen=True)
class RestorationProtocol:
    """Which published convention of PSNR and SSIM holds, and how deraining is quantised."""

    convention: Convention = "plain"
    rounding: Rounding = "truncate"


def encode(truth: Truth, spec: Spec[Any], size: Size) -> Image:
    """uint8 (H, W, 3): the ``clean`` picture, resized by bicubic interpolation if need be."""
    clean = np.asarray(truth["clean"], np.uint8)
    if clean.shape[:2] == size:
        return clean
    from PIL import Image as Pictures

    picture = Pictures.fromarray(clean)
    return np.asarray(picture.resize((size[1], size[0]), Pictures.Resampling.BICUBIC))


def weight(truth: Truth, spec: Spec[Any], size: Size) -> npt.NDArray[np.float32]:
    """float32 (H, W, 3): ones."""
    return np.ones((*size, 3), np.float32)


METRICS: dict[Convention, tuple[str, ...]] = {
    "plain": ("psnr", "ssim"),
    "derain": ("psnr", "ssim", "psnr_rgb", "ssim_rgb"),
    "sidd": ("psnr", "ssim", "ssim_rgb"),
    "lol": ("psnr", "ssim", "ssim_range1", "ssim_rgb"),
    "hole": ("psnr", "ssim", "psnr_hole"),
    "colour": ("psnr", "ssim", "delta_e"),
}


def decode(
    painted: npt.NDArray[np.floating], spec: Spec[RestorationProtocol], size: Size
) -> npt.NDArray[np.float32] | Image:
    """(H, W, 3): float32 on the 0..1 scale, or uint8 for deraining."""
    resized = resize_painted(np.asarray(painted, np.float64), size, spec.output_resize)
    if spec.protocol.convention == "derain":
        return quantise(resized, spec.protocol.rounding)
    return np.clip(resized, 0, 1).astype(np.float32)


def measure(prediction: np.ndarray, truth: Truth, spec: Spec[RestorationProtocol]) -> Record:
    """The Record of one restored picture (H, W, 3), uint8 or float on the 0..1 scale.

    The stratum is ``truth["stratum"]``, a string in an array, if there is one. Raises
    ``InputError`` for a picture smaller than the windows of SSIM.
    """
    height, width = truth["clean"].shape[:2]
    if min(height, width) < 11:
        raise InputError(
            f"task {spec.task} on {spec.data}: a clean picture is {height} x {width} pixels, but "
            "SSIM needs at least 11 x 11; use larger pictures"
        )
    values = _measured(_unit(prediction), truth, spec.protocol)
    names = METRICS[spec.protocol.convention]
    stratum = str(truth.get("stratum", ""))
    return Record(np.array([1.0, *(values[name] for name in names)]), stratum)


def _unit(picture: np.ndarray) -> npt.NDArray[np.float64]:
    return picture / 255 if picture.dtype == np.uint8 else picture.astype(np.float64)


def _measured(
    restored: npt.NDArray[np.float64], truth: Truth, protocol: RestorationProtocol
) -> dict[str, float]:
    clean = truth["clean"]
    true = _unit(clean)
    plain = {"psnr": psnr(restored, true, 1.0), "ssim": ssim_gaussian(restored, true, 1.0)}
    beside = {f"{name}_rgb": value for name, value in plain.items()}
    if protocol.convention == "derain":
        planes = luma(quantise(restored, protocol.rounding)), luma(clean)
        return {"psnr": psnr(*planes, 255.0), "ssim": ssim_gaussian(*planes, 255.0), **beside}
    if protocol.convention == "sidd":
        return {**plain, **beside, "ssim": ssim_volume(restored, true)}
    if protocol.convention == "lol":
        ranges = {f"ssim_range{r}": ssim_uniform(restored, true, r) for r in (1, 2)}
        return {**plain, **beside, **ranges, "ssim": ranges["ssim_range2"]}
    if protocol.convention == "hole":
        hole = truth["hole"] > 0
        return {**plain, "psnr_hole": psnr(restored[hole], true[hole], 1.0)}
    if protocol.convention == "colour":
        return {**plain, "delta_e": delta_e(restored, true)}
    return plain


def summarise(records: Sequence[Record], spec: Spec[RestorationProtocol]) -> dict[str, float]:
    """The convention's metrics: unweighted mean of the strata's means over images.

    With several strata, ``psnr_<stratum>`` and so on in lower case hold each one's means.
    """
    names = METRICS[spec.protocol.convention]
    means: dict[str, npt.NDArray[np.float64]] = {}
    for stratum in sorted({r.stratum for r in records}):
        total = sum_records([r for r in records if r.stratum == stratum]).values
        means[stratum] = total[1:] / total[0]
    result = dict(zip(names, np.mean(list(means.values()), axis=0).tolist(), strict=True))
    if len(means) > 1:
        for stratum, values in means.items():
            named = (f"{name}_{stratum.lower()}" for name in names)
            result.update(zip(named, values.tolist(), strict=True))
    return result


def summarise_many(
    values: npt.NDArray[np.float64], spec: Spec[RestorationProtocol]
) -> dict[str, npt.NDArray[np.float64]]:
    """The convention's metrics of each row of summed values (R, D) of one stratum."""
    return means_over_examples(values, METRICS[spec.protocol.convention])


def score(records: Sequence[Record], reference: Record) -> npt.NDArray[np.float64]:
    """float64 (n,): each image's PSNR in dB; strata are not reweighted."""
    return np.array([r.values[1] for r in records])


def render(prediction: np.ndarray, spec: Spec[Any]) -> Image:
    """uint8 (H, W, 3): the picture itself."""
    return prediction if prediction.dtype == np.uint8 else quantise(prediction, "round")


TASKS = {
    name: Task(name, encode, weight, decode, measure, summarise, score, render, (), summarise_many)
    for name in RESTORATIONS
}
