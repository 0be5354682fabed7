import numpy as np
import pytest

from painter_kit.data.world.keys import generator
from painter_kit.data.world.room import (
    CAMERA_HEIGHT_M,
    FLOOR,
    FOCAL,
    WALL,
    build_room,
    picture_coordinates,
)

ROOMS = [build_room(generator(index, "room"), (64, 64)) for index in range(24)]


def test_every_pixel_has_a_depth_inside_the_range_of_the_coding():
    for room in ROOMS:
        assert room.depth_m.dtype == np.float32
        assert room.depth_m.min() > 1
        assert room.depth_m.max() < 10


def test_floor_depth_is_that_of_a_plane_under_the_camera():
    for room in ROOMS:
        rows, columns = np.nonzero(room.labels == FLOOR)
        down = room.v[rows, 0] - room.horizon
        np.testing.assert_allclose(
            room.depth_m[rows, columns] * down / FOCAL, CAMERA_HEIGHT_M, rtol=1e-4
        )


def test_walls_are_vertical_planes_in_front_of_the_floor_behind_them():
    for room in ROOMS:
        wall = room.labels == WALL
        assert wall[0].all()
        assert not wall[-1].any()
        inverse = np.where(wall, 1 / room.depth_m, np.nan)
        assert np.nanmax(np.nanmax(inverse, axis=0) - np.nanmin(inverse, axis=0)) < 1e-5
        x_m = room.u * room.depth_m / FOCAL
        assert x_m.min() > room.sides_m[0] - 1e-3
        assert x_m.max() < room.sides_m[1] + 1e-3


def test_nothing_on_the_back_wall_is_nearer_than_it_says():
    for room in ROOMS:
        between = (room.depth_m * np.abs(room.u) / FOCAL) < min(map(abs, room.sides_m)) - 1e-3
        assert room.depth_m[(room.labels == WALL) & between].min() >= room.wall_m - 1e-3


@pytest.mark.parametrize("size", [(48, 64), (64, 64), (96, 64)])
def test_coordinates_are_in_heights_of_the_picture(size):
    u, v = picture_coordinates(size)
    assert u.mean() == pytest.approx(0, abs=1e-6)
    assert np.ptp(u) == pytest.approx((size[1] - 1) / size[0], abs=1e-6)
    assert v[0, 0] == pytest.approx(0.5 / size[0])


def test_a_larger_picture_shows_the_same_room():
    small = build_room(generator(3, "room"), (64, 64))
    large = build_room(generator(3, "room"), (192, 192))
    np.testing.assert_allclose(small.depth_m, large.depth_m[1::3, 1::3], rtol=1e-5)
    assert np.abs(small.color - large.color[1::3, 1::3]).mean() < 0.03
