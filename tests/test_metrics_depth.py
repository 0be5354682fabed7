import numpy as np
import pytest

from painter_kit.metrics.depth import DEPTH_METRICS, depth_errors

TRUTH = np.array([1.0, 2.0, 4.0, 8.0])


def test_values_worked_out_by_hand():
    errors = dict(
        zip(DEPTH_METRICS, depth_errors(np.array([1.1, 1.9, 5.2, 8.0]), TRUTH), strict=True)
    )
    expected = {
        "d1": 0.75,
        "rmse": 0.6041523,
        "rmse_log": 0.1419067,
        "abs_rel": 0.1125,
        "sq_rel": 0.09375,
        "silog": 11.945992,
        "log10": 0.0444031,
    }
    assert {name: errors[name] for name in expected} == pytest.approx(expected, rel=1e-6)


def test_a_perfect_map():
    errors = depth_errors(TRUTH, TRUTH)
    assert errors.tolist() == [0] * 6 + [1] * 3


def test_thresholds_are_strict():
    errors = dict(zip(DEPTH_METRICS, depth_errors(TRUTH * 1.25, TRUTH), strict=True))
    assert errors["d1"] == 0
    assert errors["d2"] == 1


def test_silog_ignores_a_common_factor():
    errors = dict(zip(DEPTH_METRICS, depth_errors(TRUTH * 3, TRUTH), strict=True))
    assert errors["silog"] == pytest.approx(0, abs=1e-6)
    assert errors["rmse_log"] == pytest.approx(np.log(3))
