"""Rows of pictures as one."""

import numpy as np
import pytest

from painter_kit.inference.pictures import grid, thumbnail, to_picture


def flat(value: int, height: int = 2, width: int = 3) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_pictures_keep_their_places():
    sheet = grid([[flat(1), flat(2)], [flat(3)]], scale=2, gap=1)
    assert sheet.shape == (2 * 4 + 1, 2 * 6 + 1, 3)
    assert sheet.dtype == np.uint8
    assert (sheet[:4, :6] == 1).all()
    assert (sheet[:4, 7:] == 2).all()
    assert (sheet[5:, :6] == 3).all()
    assert (sheet[4] == 255).all()
    assert (sheet[:, 6] == 255).all()
    assert (sheet[5:, 7:] == 255).all()


def test_columns_and_rows_fit_the_largest():
    sheet = grid([[flat(1, 1, 1), flat(2, 4, 2)], [flat(3, 2, 5)]], gap=0)
    assert sheet.shape == (6, 7, 3)
    assert (sheet[:4, 5:] == 2).all()
    assert (sheet[4:, :5] == 3).all()


def test_scaling_repeats_pixels():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert (grid([[picture]], scale=3)[::3, ::3] == picture).all()


@pytest.mark.parametrize("rows", [[], [[]]])
def test_nothing_is_refused(rows: list):
    with pytest.raises(ValueError, match="at least one picture"):
        grid(rows)


def test_painted_outputs_are_clipped_and_rounded():
    painted = np.array([[[-0.5, 0.0, 0.5], [0.999, 1.0, 3.0]]], np.float32)
    assert to_picture(painted).tolist() == [[[0, 0, 128], [255, 255, 255]]]


def test_thumbnails_fit_and_small_pictures_are_enlarged_exactly():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    large = thumbnail(picture, 70)
    assert large.shape == (40, 60, 3)
    np.testing.assert_array_equal(large[::2, ::2], picture)
    assert thumbnail(picture, 15).shape == (10, 15, 3)
    np.testing.assert_array_equal(thumbnail(picture, 30), picture)
