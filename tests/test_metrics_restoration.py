import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import peak_signal_noise_ratio as torch_psnr
from torchmetrics.functional.image import structural_similarity_index_measure

from painter_kit.metrics.restoration import (
    delta_e,
    luma,
    psnr,
    ssim_gaussian,
    ssim_uniform,
    ssim_volume,
)

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    """The synthetic pair (prediction, truth), uint8 64 x 48."""
    y, x, c = np.meshgrid(np.arange(64), np.arange(48), np.arange(3), indexing="ij")
    truth = 30 + 2 * x + y + 20 * c
    prediction = truth + (7 * x + 3 * y + 11 * c) % 17 - 8
    return prediction.astype(np.uint8), truth.astype(np.uint8)


@pytest.fixture(params=["synthetic", "restored"])
def pictures(request: pytest.FixtureRequest, pair) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and truth: the synthetic pair, or the recorded restored picture."""
    if request.param == "synthetic":
        return pair
    prediction, truth = (
        np.asarray(Image.open(GOLDEN / f"restore_{name}.png").convert("RGB"))
        for name in ("pred", "gt")
    )
    return prediction, truth


def test_recorded_values_of_the_conventions(pair):
    prediction, truth = pair
    planes = luma(prediction), luma(truth)
    assert psnr(*planes, 255) == pytest.approx(41.542185, abs=1e-6)
    assert ssim_gaussian(*planes, 255) == pytest.approx(0.943374, abs=1e-6)
    unit = prediction / 255, truth / 255
    assert psnr(*unit, 1) == pytest.approx(34.329104, abs=1e-6)
    assert ssim_volume(*unit) == pytest.approx(0.959414, abs=1e-6)
    assert ssim_uniform(*unit, 2) == pytest.approx(0.918264, abs=1e-6)
    assert ssim_uniform(*unit, 1) == pytest.approx(0.802333, abs=1e-6)


def test_recorded_values_of_a_restored_picture():
    expected = json.loads((GOLDEN / "restore_metrics.json").read_text())
    prediction, truth = (
        np.asarray(Image.open(GOLDEN / f"restore_{name}.png").convert("RGB")) / 255
        for name in ("pred", "gt")
    )
    assert psnr(prediction, truth, 1) == pytest.approx(expected["psnr"], rel=1e-9)
    for data_range in (1, 2):
        value = ssim_uniform(prediction, truth, data_range)
        assert value == pytest.approx(expected[f"ssim_data_range_{data_range}"], rel=1e-9)


def tensors(*pictures: np.ndarray) -> list[torch.Tensor]:
    """float64 (1, C, H, W) of (H, W, C), or of planes (H, W)."""
    return [torch.from_numpy(np.atleast_3d(p)).permute(2, 0, 1)[None].double() for p in pictures]


def test_psnr_agrees_with_other_implementations(pictures):
    prediction, truth = (picture / 255 for picture in pictures)
    ours = psnr(prediction, truth, 1)
    assert ours == pytest.approx(
        peak_signal_noise_ratio(truth, prediction, data_range=1), rel=1e-12
    )
    theirs = torch_psnr(*tensors(prediction, truth), data_range=1.0)
    assert ours == pytest.approx(float(theirs), rel=1e-6)  # partly in float32


def test_gaussian_ssim_agrees_with_torchmetrics(pictures):
    """In RGB (plain) and on luma (derain); torchmetrics keeps the border, which is cut here."""
    rgb = [picture / 255 for picture in pictures]
    planes = [luma(picture) for picture in pictures]
    for (prediction, truth), data_range in ((rgb, 1.0), (planes, 255.0)):
        _, ssim = structural_similarity_index_measure(
            *tensors(prediction, truth), sigma=1.5, data_range=data_range, return_full_image=True
        )
        inner = float(ssim[..., 5:-5, 5:-5].mean())
        assert ssim_gaussian(prediction, truth, data_range) == pytest.approx(inner, abs=1e-9)


def test_uniform_ssim_agrees_with_its_formula(pictures):
    """Windows of 7 x 7 that lie inside, sample variances, mean over channels (LoL)."""
    a, b = (
        np.lib.stride_tricks.sliding_window_view(p / 255, (7, 7), (0, 1)).reshape(-1, 49)
        for p in pictures
    )
    means = a.mean(axis=1), b.mean(axis=1)
    variances = a.var(axis=1, ddof=1), b.var(axis=1, ddof=1)
    covariance = ((a - means[0][:, None]) * (b - means[1][:, None])).sum(axis=1) / 48
    for data_range in (1, 2):
        c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
        top = (2 * means[0] * means[1] + c1) * (2 * covariance + c2)
        bottom = (means[0] ** 2 + means[1] ** 2 + c1) * (sum(variances) + c2)
        ours = ssim_uniform(pictures[0] / 255, pictures[1] / 255, data_range)
        assert ours == pytest.approx(np.mean(top / bottom), abs=1e-9)


def test_luma_agrees_with_scikit_image(pictures):
    for picture in pictures:
        expected = rgb2ycbcr(picture)[..., 0]
        off = np.abs(luma(picture) - expected)
        assert off.max() <= 0.5 + 1e-9
        assert off.max() > 0.4  # rounded


def replicated(picture: np.ndarray, width: int) -> np.ndarray:
    return np.pad(picture / 255, width, mode="edge")


def test_volume_ssim_agrees_with_a_slow_transcription(pictures):
    """All 11 x 11 x 11 neighbours of every voxel in one weighted sum, no separable filter."""
    ramp = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    kernel = ramp[:, None, None] * ramp[:, None] * ramp
    kernel /= kernel.sum()
    windows = [
        np.lib.stride_tricks.sliding_window_view(replicated(p[:20, :16], 5), (11, 11, 11))
        for p in pictures
    ]
    a, b = (np.einsum("xyzijk,ijk", w, kernel) for w in windows)
    aa, bb, ab = (
        np.einsum("xyzijk,xyzijk,ijk->xyz", windows[i], windows[j], kernel)
        for i, j in ((0, 0), (1, 1), (0, 1))
    )
    top = (2 * a * b + 1e-4) * (2 * (ab - a * b) + 9e-4)
    bottom = (a**2 + b**2 + 1e-4) * (aa - a**2 + bb - b**2 + 9e-4)
    ours = ssim_volume(*(p[:20, :16] / 255 for p in pictures))
    assert ours == pytest.approx(np.mean(top / bottom), abs=1e-10)


def test_volume_ssim_agrees_with_other_implementations(pictures):
    """On volumes whose edges were replicated beforehand, their own edges cut off again."""
    pictures = tuple(picture[:16, :12] for picture in pictures)  # torchmetrics takes its time
    ours = ssim_volume(*(picture / 255 for picture in pictures))
    volumes = [replicated(picture, 10) for picture in pictures]
    inside = (slice(10, -10),) * 3
    _, ssim = structural_similarity(
        volumes[1],
        volumes[0],
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1,
        full=True,
    )
    assert ours == pytest.approx(ssim[inside].mean(), abs=1e-10)
    batch = [torch.from_numpy(volume)[None, None].float() for volume in volumes]
    _, ssim = structural_similarity_index_measure(
        *batch, sigma=1.5, data_range=1.0, return_full_image=True
    )
    assert ours == pytest.approx(float(ssim[0, 0][inside].mean()), abs=1e-5)


def test_volume_filters_the_colour_axis_too():
    # On flat pictures only the colour axis varies: its folded weights give the value by hand.
    weights = np.array(
        [
            [0.633006, 0.213006, 0.153989],
            [0.366994, 0.266012, 0.366994],
            [0.153989, 0.213006, 0.633006],
        ]
    )
    first, second = np.array([0.2, 0.5, 0.9]), np.array([0.3, 0.4, 0.7])
    a, b = weights @ first, weights @ second
    variances = weights @ first**2 - a**2 + weights @ second**2 - b**2
    covariance = weights @ (first * second) - a * b
    top = (2 * a * b + 1e-4) * (2 * covariance + 9e-4)
    bottom = (a**2 + b**2 + 1e-4) * (variances + 9e-4)
    flat = [np.broadcast_to(colour, (16, 16, 3)) for colour in (first, second)]
    assert ssim_volume(*flat) == pytest.approx(np.mean(top / bottom), abs=1e-4)


def test_luma_of_pure_colours():
    colours = [[255] * 3, [0] * 3, [255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 64, 32]]
    assert luma(np.array([colours], np.uint8)).tolist() == [[235, 16, 81, 145, 41, 84]]


def test_psnr_is_capped(pair):
    assert psnr(pair[1], pair[1], 255) == 100
    assert psnr(pair[1] / 255 + 1e-9, pair[1] / 255, 1) == 100


@pytest.mark.parametrize("large", [False, True])
def test_gaussian_ssim_is_scikit_images_to_the_last_bit(pictures, large: bool):
    from skimage.metrics import structural_similarity

    truth, prediction = (picture[:41, :53] / 255 for picture in pictures)
    if large:  # than what is smoothed at once
        truth, prediction = (np.tile(picture, (15, 11, 1)) for picture in (truth, prediction))
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    theirs = structural_similarity(truth, prediction, data_range=1.0, channel_axis=-1, **settings)
    assert ssim_gaussian(prediction, truth, 1.0) == theirs
    planes = truth[..., 0], prediction[..., 0]
    theirs = structural_similarity(*planes, data_range=1.0, **settings)
    assert ssim_gaussian(planes[1], planes[0], 1.0) == theirs


def test_delta_e_is_that_of_published_pairs_of_colours():
    """Grey steps differ in lightness alone, for which CIEDE2000 has a short formula."""
    steps = np.array([0.2, 0.5, 0.8])
    picture = np.repeat(steps[:, None, None], 3, axis=2)
    darker = picture - 0.05
    linear = [((p + 0.055) / 1.055) ** 2.4 for p in (picture[..., 0], darker[..., 0])]
    light = [116 * np.cbrt(y) - 16 for y in linear]
    middle = (light[0] + light[1]) / 2
    weight = 1 + 0.015 * (middle - 50) ** 2 / np.sqrt(20 + (middle - 50) ** 2)
    expected = np.mean(np.abs(light[0] - light[1]) / weight)
    assert delta_e(darker, picture) == pytest.approx(expected, abs=0.02)
    assert delta_e(picture, picture) == 0
