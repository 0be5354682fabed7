import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.specs import depth_spec
from painter_kit.metrics.depth import DEPTH_METRICS
from painter_kit.tasks.depth import (
    EIGEN_CROP,
    TASKS,
    DepthProtocol,
    decode,
    encode,
    measure,
    score,
    summarise,
    weight,
)
from painter_kit.types import Coding, Record, Spec, sum_records

GOLDEN = Path(__file__).parent / "golden"
COLOURED = Coding(ramp=((255, 40, 0), (10, 200, 255)), span=(1.0, 5.0))


BASE = Coding()


def spec(coding: Coding = BASE, **protocol) -> Spec[DepthProtocol]:
    return Spec("depth", "test", 448, "rmse", "min", "m", coding, DepthProtocol(**protocol))


def test_recorded_painting():
    codec = np.load(GOLDEN / "depth_codec.npz")
    depth = (codec["depth_mm"] / 1000).astype(np.float32)
    np.testing.assert_array_equal(encode({"depth_m": depth}, spec(), depth.shape), codec["rgb"])


def test_every_millimetre_is_cut_as_integers_are():
    millimetres = np.arange(12_001)
    depth = (millimetres.astype(np.float32) / 1000)[None]
    painted = encode({"depth_m": depth}, spec(), depth.shape)[0, :, 1]
    np.testing.assert_array_equal(painted, np.minimum(millimetres * 255 // 10_000, 255))
    assert painted[[0, 39, 40, 9999, 10_000, 12_000]].tolist() == [0, 0, 1, 254, 255, 255]


def test_missing_depth_is_black_and_has_no_weight_on_any_ramp():
    depth = np.array([[0.0, 1.0, 5.0, 7.0]], np.float32)
    painted = encode({"depth_m": depth}, spec(COLOURED), (1, 4))[0]
    assert painted.tolist() == [[0, 0, 0], [255, 40, 0], [10, 200, 255], [10, 200, 255]]
    assert weight({"depth_m": depth}, spec(COLOURED), (1, 4))[0, :, 0].tolist() == [0, 1, 1, 1]


def test_depth_painted_black_has_no_weight():
    depth = np.array([[0.039, 0.041]], np.float32)
    assert weight({"depth_m": depth}, spec(), (1, 2))[0, :, 0].tolist() == [0, 1]


def test_decoding_cuts_the_mean_of_channels_to_millimetres():
    painted = np.array([[[0.1, 0.2, 0.30029], [-1, 2, 0.5]]])
    assert decode(painted, spec(), (1, 2))[0].tolist() == pytest.approx([2.0, 5.0])
    rounded = decode(painted, spec(rounding="round"), (1, 2))[0, 0]
    assert rounded == pytest.approx(2.001)


def test_recorded_depth_of_a_painted_output():
    painted = np.load(GOLDEN / "infer_painted.npz")["depth"]
    expected = np.asarray(Image.open(GOLDEN / "infer_out_depth.png"))
    depth = decode(painted, spec(), expected.shape)
    np.testing.assert_array_equal(np.round(depth * 1000), expected)


@pytest.mark.parametrize("coding", [Coding(), COLOURED])
@pytest.mark.parametrize("centre", [False, True])
def test_round_trip_on_any_ramp(coding, centre):
    near, far = coding.span
    depth = np.random.default_rng(0).uniform(near + 0.1, far, (32, 32)).astype(np.float32)
    given = spec(coding, bin_centre=centre)
    painted = encode({"depth_m": depth}, given, depth.shape) / 255
    error = decode(painted, given, depth.shape) - depth
    step = (far - near) / 255
    # The ramp's colours are rounded, which may cost half a level; then comes the millimetre.
    assert np.abs(error + (0 if centre else step / 2)).max() < step + 0.002
    assert error.mean() == pytest.approx(0 if centre else -step / 2, abs=0.002)


def test_colours_beside_the_ramp_are_projected_on_it():
    low, high = np.array(COLOURED.ramp) / 255
    aside = np.cross(high - low, [0, 0, 1.0])
    middle = (low + high) / 2 + 0.1 * aside / np.linalg.norm(aside)
    assert decode(middle[None, None], spec(COLOURED), (1, 1))[0, 0] == pytest.approx(3.0, abs=2e-3)


def metres(name: str) -> np.ndarray:
    return np.asarray(Image.open(GOLDEN / name)).astype(np.float32) / 1000


@pytest.mark.parametrize(
    ("crop", "recorded"), [(EIGEN_CROP, "per_image"), (None, "per_image_without_crop")]
)
def test_recorded_metrics_of_a_full_size_picture(crop, recorded):
    expected = json.loads((GOLDEN / "depth_metrics.json").read_text())[recorded]
    given = spec(crop=crop)
    record = measure(metres("depth_pred_0.png"), {"depth_m": metres("depth_gt_0.png")}, given)
    metrics = summarise([record], given)
    assert metrics == pytest.approx({name: expected[name][0] for name in DEPTH_METRICS}, rel=1e-5)


def test_only_truth_strictly_inside_the_range_and_the_crop_counts():
    truth = np.array([[1e-3, 10.0, 2.0, np.nan, np.inf, 3.0]], np.float32)
    prediction = np.array([[5.0, 5.0, 2.0, 5.0, 5.0, 9.0]], np.float32)
    given = spec(crop=(0, 1, 0, 5))
    assert summarise([measure(prediction, {"depth_m": truth}, given)], given)["rmse"] == 0


def test_predictions_are_clamped():
    truth = {"depth_m": np.array([[2.0, 2.0, 2.0]], np.float32)}
    wild = measure(np.array([[np.nan, np.inf, -3.0]]), truth, spec())
    tame = measure(np.array([[1e-3, 10.0, 1e-3]]), truth, spec())
    np.testing.assert_allclose(wild.values, tame.values)


def test_rmse_is_the_mean_of_the_images_rmse():
    truth = {"depth_m": np.full((2, 2), 4.0, np.float32)}
    records = [measure(np.full((2, 2), 4.0 + e), truth, spec()) for e in (0.0, 2.0)]
    assert summarise(records, spec())["rmse"] == pytest.approx(1.0)
    assert score(records, sum_records(records)).tolist() == pytest.approx([0, -2])
    nothing = Record(np.zeros(1 + len(DEPTH_METRICS)))
    assert summarise([*records, nothing], spec())["rmse"] == pytest.approx(1.0)
    assert score([nothing], sum_records(records)).tolist() == pytest.approx([-1])


def test_many_sums_at_once_equal_one_at_a_time():
    rng = np.random.default_rng(5)
    values = np.concatenate([np.ones((6, 1)), rng.random((6, 9))], axis=1) * rng.integers(1, 9)
    many = TASKS["depth"].summarise_many(values, depth_spec("x"))
    for i, row in enumerate(values):
        one = TASKS["depth"].summarise([Record(row)], depth_spec("x"))
        assert {name: column[i] for name, column in many.items()} == one
    nothing = TASKS["depth"].summarise_many(np.zeros((1, 10)), depth_spec("x"))
    assert np.isnan(nothing["rmse"]).all()
