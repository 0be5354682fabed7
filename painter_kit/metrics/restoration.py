"""PSNR and SSIM in the conventions of the restoration benchmarks.

``plain`` is what most readers expect: RGB, Gaussian windows, the true data range. The others
reproduce the published numbers: the luma plane for deraining, a volume that includes the colour
axis for SIDD, a data range of 2 for LoL.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

MAX_PSNR = 100.0


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
    """
    from skimage.metrics import structural_similarity

    return _number(
        structural_similarity(
            truth.astype(np.float64),
            prediction.astype(np.float64),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=data_range,
            channel_axis=-1 if truth.ndim == 3 else None,
        )
    )


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
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_a, mean_b = _smooth(a), _smooth(b)
    var_a = _smooth(a * a) - mean_a**2
    var_b = _smooth(b * b) - mean_b**2
    covariance = _smooth(a * b) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return float(np.mean(numerator / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))))


def _smooth(volume: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.ndimage import correlate1d

    taps = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    taps /= taps.sum()
    for axis in range(3):
        volume = correlate1d(volume, taps, axis=axis, mode="nearest")
    return volume
