"""The names that pages line up by."""

from painter_kit.evaluation.gain import Gain
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.described import KINDS
from painter_kit.keys import COLOURS, gain_values, metric_key, metric_values, query_key, sd_key


def test_a_metric_stands_beside_its_limits():
    values = metric_values("depth", "rmse", Interval(0.5, 0.4, 0.6).to_json())
    assert values == {"depth/rmse": 0.5, "depth/rmse_ci_low": 0.4, "depth/rmse_ci_high": 0.6}
    assert sorted(values) == sorted(
        {metric_key("depth", "rmse") + s for s in ("", "_ci_low", "_ci_high")}
    )
    assert sd_key("depth", "rmse") == "depth/rmse_sd"


def test_what_is_unknown_is_left_out():
    unknown = Interval(0.5, float("nan"), float("nan"))
    assert metric_values("depth", "rmse", unknown.to_json()) == {"depth/rmse": 0.5}
    gain = Gain(0.0, float("nan"), 0.15, 0.01, False)
    values = gain_values(gain.to_json())
    assert values["gain/value"] == 0.0
    assert "gain/ci_low" not in values
    assert not any(isinstance(value, bool) for value in values.values())
    assert "over_released/ci_high" in gain_values(gain.to_json(), "over_released")


def test_queries_sort_by_number():
    keys = [query_key(i, "painted") for i in range(12)]
    assert keys == sorted(keys)
    assert keys[0] == "query_00_painted"


def test_every_kind_of_prompt_has_a_colour_of_its_own():
    assert set(COLOURS) == set(KINDS)
    assert len(set(COLOURS.values())) == len(KINDS)
