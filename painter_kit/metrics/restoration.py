"""PSNR and SSIM in the conventions of the restoration benchmarks.

``plain`` is what most readers expect: RGB, Gaussian windows, the true data range. The others
reproduce the published numbers: the luma plane for deraining, a volume that includes the colour
axis for SIDD, a data range of 2 for LoL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

MAX_PSNR = 100.0
_SMALL_PLANE = 2**18  # pixels


def psnr(prediction: np.ndarray, truth: np.ndarray, peak: float) -> float:
    """Peak signal-to-noise ratio in dB over all values, at most 100."""
    error = np.mean((prediction.astype(np.float64) - truth.astype(np.float64)) ** 2)
    if error == 0:
        return MAX_PSNR
    return min(MAX_PSNR, float(10 * np.log10(peak**2 / error)))


def luma(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Y of a uint8 (H, W, 3) picture: ITU-R 601 studio range, rounded to 16..235 (derain)."""
    weighted = picture @ np.array([65.481, 128.553, 24.966]) / 255
    return np.floor(16 + weighted + 0.5)


def delta_e(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Mean CIEDE2000 difference of two sRGB pictures (H, W, 3) on the 0..1 scale, white D65."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    pair = (rgb2lab(np.asarray(picture, np.float64)) for picture in (truth, prediction))
    return float(np.mean(deltaE_ciede2000(*pair)))


def ssim_gaussian(prediction: np.ndarray, truth: np.ndarray, data_range: float) -> float:
    """2-D SSIM: Gaussian 11 x 11, sd 1.5, population variances, 5 pixels of border cut.

    Planes (H, W), or pictures (H, W, 3) as the mean over channels. Sides of at least 11 pixels.
    Bit for bit that of scikit-image.
    """
    a, b = (np.atleast_3d(p.astype(np.float64)).transpose(2, 0, 1) for p in (truth, prediction))
    # scikit-image, whose numbers these are, smooths one plane of one moment after the other. All at
    # once is faster where they are small; where they are large it takes too much memory.
    together = len(a) if a[0].size <= _SMALL_PLANE else 1
    similarities: list[float] = []
    for first in range(0, len(a), together):
        x, y = a[first : first + together], b[first : first + together]
        moments = _smooth(np.stack([x, y, x * x, y * y, x * y]), (2, 3), "reflect")
        index = _similarity(moments, data_range)
        similarities += [float(plane[5:-5, 5:-5].mean()) for plane in index]
    return float(np.mean(similarities))


def ssim_uniform(prediction: np.ndarray, truth: np.ndarray, data_range: float) -> float:
    """2-D SSIM of (H, W, 3): uniform 7 x 7, sample variances, mean over channels (LoL).

    ``data_range`` 2 gives the published numbers for pictures on the 0..1 scale, 1 is correct.
    """
    from skimage.metrics import structural_similarity

    return _number(
        structural_similarity(
            truth.astype(np.float64),
            prediction.astype(np.float64),
            data_range=data_range,
            channel_axis=-1,
        )
    )


def _number(value: object) -> float:
    # scikit-image is typed as returning tuples too, which it does on request only.
    return float(cast(float, value))


def ssim_volume(prediction: np.ndarray, truth: np.ndarray, data_range: float = 1.0) -> float:
    """3-D SSIM of (H, W, 3) as SIDD is scored: the colour axis is filtered like the others.

    Gaussian 11 x 11 x 11, sd 1.5, edges replicated on all three axes, population variances,
    mean over all voxels.
    """
    a, b = truth.astype(np.float64), prediction.astype(np.float64)
    smoothed = [_smooth(v, (0, 1, 2), "nearest") for v in (a, b, a * a, b * b, a * b)]
    return float(np.mean(_similarity(smoothed, data_range)))


def _similarity(moments: Iterable[Floats], data_range: float) -> Floats:
    """SSIM at every place from the local means of both pictures, their squares and product."""
    mean_a, mean_b, square_a, square_b, product = moments
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    var_a, var_b = square_a - mean_a * mean_a, square_b - mean_b * mean_b
    covariance = product - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return numerator / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))


def _smooth(values: Floats, axes: Sequence[int], edges: str) -> Floats:
    """Weighted means by a Gaussian of 11 taps, sd 1.5, along some axes."""
    from scipy.ndimage import correlate1d

    taps = np.exp(-0.5 / 1.5**2 * np.arange(-5, 6) ** 2)
    taps /= taps.sum()
    for axis in axes:
        values = correlate1d(values, taps, axis=axis, mode=edges)
    return values
