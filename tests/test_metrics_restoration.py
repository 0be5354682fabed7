import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from torchmetrics.functional.image import structural_similarity_index_measure

from painter_kit.metrics.restoration import luma, psnr, ssim_gaussian, ssim_uniform, ssim_volume

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    """The synthetic pair (prediction, truth), uint8 64 x 48."""
    y, x, c = np.meshgrid(np.arange(64), np.arange(48), np.arange(3), indexing="ij")
    truth = 30 + 2 * x + y + 20 * c
    prediction = truth + (7 * x + 3 * y + 11 * c) % 17 - 8
    return prediction.astype(np.uint8), truth.astype(np.uint8)


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


def test_agreement_with_other_implementations(pair):
    prediction, truth = (picture / 255 for picture in pair)
    expected = peak_signal_noise_ratio(truth, prediction, data_range=1)
    assert psnr(prediction, truth, 1) == pytest.approx(expected, rel=1e-9)
    tensors = [torch.from_numpy(p).permute(2, 0, 1)[None] for p in (prediction, truth)]
    _, ssim = structural_similarity_index_measure(
        *tensors, sigma=1.5, data_range=1.0, return_full_image=True
    )
    inner = float(ssim[..., 5:-5, 5:-5].mean())
    assert ssim_gaussian(prediction, truth, 1) == pytest.approx(inner, abs=1e-6)


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
