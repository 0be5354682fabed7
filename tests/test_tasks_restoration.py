from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.errors import InputError
from painter_kit.metrics import restoration as metrics
from painter_kit.tasks.restoration import (
    METRICS,
    Convention,
    RestorationProtocol,
    decode,
    encode,
    measure,
    render,
    summarise,
    weight,
)
from painter_kit.types import Coding, Record, Spec

GOLDEN = Path(__file__).parent / "golden"
CONVENTIONS: list[Convention] = ["plain", "derain", "sidd", "lol"]


def spec(convention: Convention = "plain", **protocol) -> Spec[RestorationProtocol]:
    return Spec(
        "denoise",
        "test",
        448,
        "psnr",
        "max",
        "dB",
        Coding(),
        RestorationProtocol(convention, **protocol),
        output_resize="bicubic",
    )


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    y, x, c = np.meshgrid(np.arange(64), np.arange(48), np.arange(3), indexing="ij")
    truth = 30 + 2 * x + y + 20 * c
    return (truth + (7 * x + 3 * y + 11 * c) % 17 - 8).astype(np.uint8), truth.astype(np.uint8)


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        ("plain", {"psnr": 34.329104}),
        ("derain", {"psnr": 41.542185, "ssim": 0.943374, "psnr_rgb": 34.329104}),
        ("sidd", {"psnr": 34.329104, "ssim": 0.959414}),
        ("lol", {"psnr": 34.329104, "ssim": 0.918264, "ssim_range1": 0.802333}),
    ],
)
def test_recorded_values_from_painted_output_to_metrics(pair, convention, expected):
    prediction, clean = pair
    given = spec(convention)
    restored = decode(prediction / 255, given, (64, 48))
    values = summarise([measure(restored, {"clean": clean}, given)], given)
    assert {name: values[name] for name in expected} == pytest.approx(expected, abs=2e-6)
    assert tuple(values) == METRICS[convention]


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_plain_values_stand_beside_the_others(pair, convention):
    prediction, clean = pair
    values = summarise([measure(prediction, {"clean": clean}, spec(convention))], spec(convention))
    plain = metrics.ssim_gaussian(prediction / 255, clean / 255, 1)
    assert values["ssim" if convention == "plain" else "ssim_rgb"] == pytest.approx(plain)


def test_recorded_picture_of_a_painted_output():
    painted = np.load(GOLDEN / "infer_painted.npz")["colours"]
    expected = np.asarray(Image.open(GOLDEN / "infer_out_derain.png"))
    np.testing.assert_array_equal(decode(painted, spec("derain"), expected.shape[:2]), expected)


def test_clipping_comes_after_bicubic_resizing():
    painted = np.zeros((8, 8, 3))
    painted[:, 4:] = 1.2
    resized = decode(painted, spec(), (8, 16))
    assert resized.dtype == np.float32
    assert resized.min() == 0
    assert resized.max() == 1
    # 1.2 times the cubic's step; had 1.2 been cut to 1 first, this would be 0.7734.
    assert resized[0, 8, 0] == pytest.approx(0.928125)


def test_deraining_cuts_to_uint8():
    painted = np.full((4, 4, 3), 99.7 / 255)
    cut = decode(painted, spec("derain"), (4, 4))
    assert cut.dtype == np.uint8
    assert cut[0, 0, 0] == 99
    assert decode(painted, spec("derain", rounding="round"), (4, 4))[0, 0, 0] == 100


def test_float_predictions_are_not_quantised(pair):
    _, clean = pair
    almost = clean / 255 + 1e-4
    values = summarise([measure(almost, {"clean": clean}, spec())], spec())
    assert values["psnr"] == pytest.approx(80.0, abs=1e-3)


def test_sets_are_averaged_without_weights():
    records = [
        Record(np.array([1.0, 30, 0.9]), "Rain100H"),
        Record(np.array([1.0, 20, 0.7]), "Rain100L"),
        Record(np.array([1.0, 24, 0.8]), "Rain100L"),
    ]
    values = summarise(records, spec())
    assert values == pytest.approx(
        {
            "psnr": 26.0,
            "ssim": 0.825,
            "psnr_rain100h": 30.0,
            "ssim_rain100h": 0.9,
            "psnr_rain100l": 22.0,
            "ssim_rain100l": 0.75,
        }
    )


def test_the_stratum_comes_from_the_truth(pair):
    truth = {"clean": pair[1], "stratum": np.array("Test100")}
    assert measure(pair[0], truth, spec()).stratum == "Test100"
    assert measure(pair[0], {"clean": pair[1]}, spec()).stratum == ""


def test_pictures_smaller_than_the_windows_are_refused():
    small = np.zeros((10, 64, 3), np.uint8)
    with pytest.raises(InputError, match="10 x 64 pixels, but SSIM needs at least 11 x 11"):
        measure(small, {"clean": small}, spec())


def test_the_target_is_the_clean_picture(pair):
    clean = pair[1]
    np.testing.assert_array_equal(encode({"clean": clean}, spec(), (64, 48)), clean)
    assert weight({"clean": clean}, spec(), (8, 6)).all()
    smaller = Image.fromarray(clean).resize((24, 32), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(encode({"clean": clean}, spec(), (32, 24)), smaller)


def test_rendering_rounds():
    assert render(np.full((1, 1, 3), 0.5, np.float32), spec())[0, 0, 0] == 128


def test_of_holes_what_is_made_up_is_measured_apart(pair):
    _, clean = pair
    hole = np.zeros(clean.shape[:2], np.uint8)
    hole[10:30, 5:25] = 1
    filled = np.where(hole[..., None] > 0, 128, clean).astype(np.uint8)
    given = spec("hole")
    values = summarise([measure(filled / 255, {"clean": clean, "hole": hole}, given)], given)
    error = np.mean(((128 - clean[hole > 0].astype(float)) / 255) ** 2)
    assert values["psnr_hole"] == pytest.approx(10 * np.log10(1 / error))
    # The whole picture has the same error on fewer of its pixels.
    assert values["psnr"] - values["psnr_hole"] == pytest.approx(-10 * np.log10(hole.mean()))


def test_of_colours_the_difference_that_is_seen_is_measured_too(pair):
    _, clean = pair
    grey = np.repeat(clean.mean(axis=2, keepdims=True), 3, axis=2) / 255
    given = spec("colour")
    values = summarise([measure(grey, {"clean": clean}, given)], given)
    assert set(values) == {"psnr", "ssim", "delta_e"}
    assert values["delta_e"] == pytest.approx(metrics.delta_e(grey, clean / 255))
    assert values["delta_e"] > 2
