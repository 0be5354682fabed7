import numpy as np
import pytest

from painter_kit.data.world.shapes import SEEN, SHAPES, UNSEEN, foot

AXIS = np.linspace(-1.5, 1.5, 301)
X, Y = np.meshgrid(AXIS, AXIS)
CELL = (AXIS[1] - AXIS[0]) ** 2
AREAS = {
    "disc": np.pi,
    "square": 1.7**2,
    "ring": np.pi * (1 - 0.5**2),
    "cross": 2 * 2 * 0.66 - 0.66**2,
    "hexagon": 2 * np.sqrt(3) * 0.87**2,
}


@pytest.mark.parametrize("category", SHAPES)
def test_a_shape_is_large_and_fits_its_circle(category):
    inside = SHAPES[category](X, Y) < 0
    assert inside.sum() * CELL > 0.9
    assert np.hypot(X, Y)[inside].max() < 1.25


@pytest.mark.parametrize(("category", "area"), AREAS.items())
def test_areas_follow_from_geometry(category, area):
    assert (SHAPES[category](X, Y) < 0).sum() * CELL == pytest.approx(area, rel=0.02)


@pytest.mark.parametrize("category", SHAPES)
def test_distances_change_at_most_as_fast_as_places(category):
    down, right = np.gradient(SHAPES[category](X, Y), AXIS, AXIS)
    assert np.hypot(down, right).max() < 1.45  # 1 for exact distances; corners of two axes sqrt(2)


@pytest.mark.parametrize("category", sorted(set(SHAPES) - {"crescent", "arrow"}))
def test_upright_shapes_are_mirror_images_of_themselves(category):
    field = SHAPES[category](X, Y)
    np.testing.assert_allclose(field, field[:, ::-1], atol=1e-9)


@pytest.mark.parametrize("turn", [0.0, 0.3, -0.3])
def test_foot_is_the_lowest_point_of_the_turned_shape(turn):
    c, s = np.cos(turn), np.sin(turn)
    for category, shape in SHAPES.items():
        turned = shape(c * X + s * Y, c * Y - s * X) < 0
        assert foot(category, turn) == pytest.approx(Y[turned].max(), abs=0.03)


def test_categories_are_ten_different_shapes():
    assert len(SEEN) == 6
    assert len(UNSEEN) == 4
    masks = {(SHAPES[name](X, Y) < 0).tobytes() for name in (*SEEN, *UNSEEN)}
    assert len(masks) == 10
