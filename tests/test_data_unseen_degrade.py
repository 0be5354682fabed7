"""Haze, blur, holes and lost colour: what they do, how much, and that they are told by a seed."""

import numpy as np
import pytest
from skimage.color import rgb2gray

from painter_kit.data.builtin_degraded import middle
from painter_kit.data.unseen_degrade import GREY, KINDS, degrade, holes
from painter_kit.tasks.base import get_task

PICTURE = middle("chelsea")
FLAT = np.full((64, 96, 3), 90, np.uint8)


def made(kind: str, picture: np.ndarray = PICTURE, seed: int = 0) -> np.ndarray:
    return degrade(kind, picture, np.random.default_rng(seed))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_draws_make_the_same_picture(kind: str):
    first, again, other = made(kind), made(kind), made(kind, seed=1)
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.uint8
    assert first.shape == PICTURE.shape
    assert np.array_equal(first, other) == (kind == "colourise")  # nothing is drawn there
    image, truth = degrade(kind, PICTURE, np.random.default_rng(0))
    np.testing.assert_array_equal(truth["clean"], PICTURE)
    assert ("hole" in truth) == (kind == "inpaint")
    assert get_task(KINDS[kind]).name == KINDS[kind]
    assert not np.array_equal(image, PICTURE)


def test_haze_hides_contrast_and_more_of_it_further_away():
    for seed in range(8):
        hazy = made("haze", seed=seed).astype(float)
        assert hazy.std(axis=(0, 1)).max() < PICTURE.std(axis=(0, 1)).max()
        # Of a grid of black and white the rows above are flatter than the rows below.
        grid = np.zeros((80, 80, 3), np.uint8)
        grid[:, ::2] = 255
        spread = np.ptp(made("haze", grid, seed).astype(float), axis=1).mean(axis=1)
        assert spread[:20].mean() < spread[-20:].mean() < 250


def test_blur_keeps_brightness_and_takes_detail():
    np.testing.assert_allclose(made("blur", FLAT), FLAT, atol=1)
    point = np.zeros((121, 121, 3), np.uint8)
    point[60, 60] = 255
    kinds = set()
    for seed in range(12):
        spot = made("blur", point, seed)[..., 0].astype(float)
        rows, columns = np.nonzero(made("blur", np.minimum(point * 1, 255), seed)[..., 0])
        assert spot.max() < 60
        kinds.add(len(rows) > 60)  # a disc covers more pixels than a line
        assert abs(rows.mean() - 60) < 1
        assert abs(columns.mean() - 60) < 1
        sharp, soft = (
            np.abs(np.diff(p.astype(float), axis=0)).mean()
            for p in (PICTURE, made("blur", seed=seed))
        )
        assert soft < 0.8 * sharp
    assert kinds == {True, False}


def test_holes_are_grey_and_the_rest_is_as_it_was():
    for seed in range(10):
        image, truth = degrade("inpaint", PICTURE, np.random.default_rng(seed))
        hole = truth["hole"] > 0
        assert 0.15 <= hole.mean() < 0.7
        assert (image[hole] == GREY).all()
        np.testing.assert_array_equal(image[~hole], PICTURE[~hole])


def test_holes_scale_with_the_picture():
    small, large = (holes(side, side, np.random.default_rng(3)) for side in (64, 640))
    assert small.mean() == pytest.approx(large.mean(), abs=0.06)
    assert holes(16, 40, np.random.default_rng(0)).shape == (16, 40)


def test_colour_is_lost_and_brightness_stays():
    grey = made("colourise")
    assert (grey[..., 0] == grey[..., 1]).all()
    assert (grey[..., 0] == grey[..., 2]).all()
    weights = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(grey[..., 0], PICTURE @ weights, atol=0.51)
    assert np.corrcoef(grey[..., 0].ravel(), rgb2gray(PICTURE).ravel())[0, 1] > 0.99
