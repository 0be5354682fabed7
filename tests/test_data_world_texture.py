import colorsys

import numpy as np
import pytest

from painter_kit.data.world.texture import bricks, checker, hsv, noise, stripes


@pytest.mark.parametrize("hue", [0.0, 0.2, 0.55, 0.9, 1.3, -0.1])
def test_hsv_agrees_with_the_standard_library(hue):
    np.testing.assert_allclose(
        hsv(hue, 0.4, 0.8), colorsys.hsv_to_rgb(hue % 1, 0.4, 0.8), rtol=1e-6
    )


def test_noise_is_the_same_at_every_size_and_bounded():
    small = noise(np.random.default_rng(0), 32, 32, 5)
    large = noise(np.random.default_rng(0), 320, 320, 5)
    np.testing.assert_allclose(small, large[5::10, 5::10], atol=0.06)
    assert np.abs(large).max() <= 1
    assert large.std() > 0.2


def test_stripes_cover_their_duty_and_fade_to_it_when_unresolved():
    t = np.linspace(0, 10, 10_000)
    sharp = stripes(t, 0.5, 0.3, 0.001)
    assert sharp.mean() == pytest.approx(0.3, abs=0.01)
    assert np.isin(np.round(sharp, 6), (0, 1)).mean() > 0.95
    np.testing.assert_allclose(stripes(t, 0.5, 0.3, 0.5), 0.3, atol=1e-9)


def test_checker_and_bricks_have_the_periods_that_they_are_given():
    a, b = np.meshgrid(np.arange(0, 4, 0.01), np.arange(0, 4, 0.01))
    blur = np.full_like(a, 0.001)
    board = checker(a, b, 1.0, blur, blur)
    np.testing.assert_allclose(board[:, :300], board[:, 100:], atol=1e-6)
    np.testing.assert_allclose(board[:, :350], 1 - board[:, 50:], atol=1e-6)
    wall = bricks(a, b, 0.5, blur)
    assert 0.75 < wall.mean() < 0.85
    assert not np.allclose(wall[:50], wall[50:100])  # the next row is shifted
