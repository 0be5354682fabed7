import numpy as np
import pytest

from painter_kit.data.world.corruption import (
    NOISE_SD,
    RESTORATION_TASKS,
    corrupt,
    draw_strength,
)
from painter_kit.data.world.scene import render_scene

IMAGE = render_scene(0, "test", 0).image
GREY = np.full((64, 64, 3), 128, np.uint8)


@pytest.mark.parametrize("task", RESTORATION_TASKS)
def test_a_seed_gives_one_corruption_and_the_picture_is_kept(task):
    before = IMAGE.copy()
    first, second = (
        corrupt(task, IMAGE, draw_strength(task, rng), rng)
        for rng in (np.random.default_rng(1), np.random.default_rng(1))
    )
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(IMAGE, before)
    assert np.any(first != IMAGE)


def test_noise_has_the_standard_deviation_that_was_drawn():
    rng = np.random.default_rng(0)
    drawn = [draw_strength("denoise", rng)[0] for _ in range(200)]
    assert NOISE_SD == (20, 60)
    assert NOISE_SD[0] <= min(drawn) < 25
    assert 55 < max(drawn) <= NOISE_SD[1]
    noisy = corrupt("denoise", GREY, (30.0,), rng)
    assert noisy.std() == pytest.approx(30, rel=0.03)
    assert noisy.mean() == pytest.approx(128, abs=1)


def test_rain_only_brightens_dark_pixels_and_falls_along_its_slope():
    black = np.zeros((64, 64, 3), np.uint8)
    rain = corrupt("derain", black, (100, 0.0, 0.2, 0.7, 0.0), np.random.default_rng(0))
    covered = rain[..., 0] > 0
    assert 0.05 < covered.mean() < 0.6
    np.testing.assert_array_equal(rain[..., 0], rain[..., 2])
    # Upright streaks: neighbours below are wet far more often than neighbours beside.
    assert (covered[1:] & covered[:-1]).mean() > 1.5 * (covered[:, 1:] & covered[:, :-1]).mean()
    assert corrupt("derain", black, (0, 0.0, 0.2, 0.7, 0.1), np.random.default_rng(0)).max() == 23


def test_rain_covers_as_much_of_a_larger_picture():
    small, large = (
        corrupt("derain", np.zeros((side, side, 3), np.uint8), (100, 0.1, 0.2, 0.7, 0.0), rng)
        for side, rng in ((64, np.random.default_rng(0)), (192, np.random.default_rng(0)))
    )
    assert (large > 0).mean() == pytest.approx((small > 0).mean(), rel=0.25)


def test_darkness_is_gain_and_gamma():
    dark = corrupt("enhance", GREY, (0.5, 2.0), np.random.default_rng(0))
    assert np.unique(dark).tolist() == [round(255 * 0.5 * (128 / 255) ** 2)]
