"""Crops against the map worked out by hand and against bilinear sampling of our own."""

import numpy as np
import pytest

from painter_kit.data.crops import CANVAS, Crop, affine, box_crop, fit, warp, warp_points

Y, X = np.mgrid[: CANVAS[0], : CANVAS[1]]


@pytest.mark.parametrize(
    ("box", "centre", "extent"),
    [
        ((10, 20, 60, 80), (40, 60), (75, 100)),  # of the canvas's aspect
        ((10, 20, 30, 80), (25, 60), (75, 100)),  # too narrow
        ((10, 20, 60, 40), (40, 40), (75, 100)),  # too low
    ],
)
def test_boxes_grow_to_the_aspect_and_by_a_quarter(box, centre, extent):
    crop = box_crop(box)
    assert crop.centre == centre
    assert crop.extent == pytest.approx(extent)
    assert crop.zoom == pytest.approx(192 / extent[0])
    assert fit(box[2], box[3], 1.0) == pytest.approx(tuple(e / 1.25 for e in extent))


def test_the_map_without_rotation_by_hand():
    crop = box_crop((33.3, 20.7, 50.0, 91.0))
    points = np.array([[0, 0, 1], [31.5, 200.25, 2], [100, 5, 0]])
    # Canvas pixel = (p - centre) * 192 / width + (96, 128), in both directions.
    expected = (points[:, :2] - crop.centre) * 192 / crop.extent[0] + (96, 128)
    moved = warp_points(points, crop)
    np.testing.assert_allclose(moved[:, :2], expected, atol=1e-3)
    assert moved[:, 2].tolist() == [1, 2, 0]
    assert moved.dtype == np.float32


def test_a_square_canvas_has_square_crops():
    crop = box_crop((10, 20, 60, 40), canvas=(256, 256))
    assert crop.extent == pytest.approx((75, 75))
    assert crop.zoom == pytest.approx(256 / 75)
    assert crop.mirrored(100).canvas == (256, 256)
    points = warp_points(np.array([[40.0, 40.0, 2], [77.5, 2.5, 2]]), crop)
    np.testing.assert_allclose(points[:, :2], [[128, 128], [256, 0]], atol=1e-3)
    picture = np.full((90, 120, 3), 200, np.uint8)
    assert warp(picture, crop).shape == (256, 256, 3)
    assert warp(picture, crop).min() == 200


def test_the_map_with_rotation_by_hand():
    crop = Crop((50.0, 40.0), (96.0, 128.0), rotation=30.0)
    # The canvas's axes are those of the picture turned by 30 degrees, at twice the scale.
    cosine, sine = np.cos(np.pi / 6), np.sin(np.pi / 6)
    turn = 2 * np.array([[cosine, sine], [-sine, cosine]])
    expected = np.column_stack([turn, np.array([96, 128]) - turn @ crop.centre])
    np.testing.assert_allclose(affine(crop), expected, atol=1e-4)


def test_a_picture_is_sampled_bilinearly_and_black_outside():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (90, 70, 3)).astype(np.uint8)
    crop = box_crop((20.0, 15.0, 40.0, 50.0))
    # Where each pixel of the canvas comes from.
    x = (X - 96) * crop.extent[0] / 192 + crop.centre[0]
    y = (Y - 128) * crop.extent[0] / 192 + crop.centre[1]
    padded = np.pad(picture.astype(float), ((99, 99), (99, 99), (0, 0)))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    a, b = (x - left)[..., None], (y - top)[..., None]
    rows, columns = top + 99, left + 99
    upper = padded[rows, columns] * (1 - a) + padded[rows, columns + 1] * a
    lower = padded[rows + 1, columns] * (1 - a) + padded[rows + 1, columns + 1] * a
    expected = upper * (1 - b) + lower * b
    # OpenCV samples at 32nds of a pixel; of noise that is up to 255 / 32 per axis.
    assert np.abs(warp(picture, crop) - expected).max() <= 17
    assert np.abs(warp(picture, crop) - expected).mean() < 2
    assert warp(picture, box_crop((-200.0, 0.0, 50.0, 50.0))).max() == 0


def test_a_crop_of_the_mirrored_picture_shows_the_mirrored_person():
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[30, 17] = 255
    crop = box_crop((10.0, 10.0, 30.0, 40.0))
    mirrored = crop.mirrored(80)
    assert mirrored.centre == (80 - crop.centre[0] - 1, crop.centre[1])
    dot = warp_points(np.array([[80 - 1 - 17, 30, 2]]), mirrored)[0, :2]
    own = warp_points(np.array([[17, 30, 2]]), crop)[0, :2]
    assert dot == pytest.approx((192 - own[0], own[1]), abs=1e-3)
    shown = warp(picture[:, ::-1], mirrored)[..., 0].astype(float)
    assert (shown * X).sum() / shown.sum() == pytest.approx(dot[0], abs=0.1)
    assert (shown * Y).sum() / shown.sum() == pytest.approx(dot[1], abs=0.1)
