import numpy as np
import pytest

from painter_kit.tasks.heat import gaussian, locate, mirrored_back

SIZE = (256, 192)


# Centre -> first and last column of the class square in a picture 192 wide.
SQUARES = {100: (95, 104), 5: (0, 9), 4: (0, 8), 3: (0, 7), 2: (0, 6), 1: (0, 5), 0: (0, 4)}
EDGES = {-1: (0, 3), -3: (0, 1), 188: (183, 191), 191: (186, 191), 195: (190, 191)}


@pytest.mark.parametrize(("centre", "extent"), {**SQUARES, **EDGES}.items())
def test_recorded_extent_of_class_squares(centre, extent):
    first, last = extent
    rows, columns, heat = gaussian((centre, 100), 1.5, SIZE)
    assert (columns.start, columns.stop - 1) == (first, last)
    assert (rows.start, rows.stop - 1) == (95, 104)
    assert heat.shape == (10, last - first + 1)
    assert heat.min() > 0


@pytest.mark.parametrize(
    ("centre", "first", "last"), [(100, 91, 109), (0, 0, 9), (-3, 0, 6), (195, 186, 191)]
)
def test_recorded_extent_of_heat(centre, first, last):
    _, columns, heat = gaussian((centre, 100), 3.0, SIZE)
    assert (columns.start, columns.stop - 1) == (first, last)
    if centre == 195:
        assert int(255 * heat.max()) == 104


def test_recorded_profile_of_heat():
    _, _, heat = gaussian((100, 100), 3.0, SIZE)
    levels = (255 * heat).astype(np.uint8)
    assert levels[9, 9:].tolist() == [255, 241, 204, 154, 104, 63, 34, 16, 7, 2]
    assert np.count_nonzero(levels) == 305


@pytest.mark.parametrize("centre", [(-20, 100), (300, 100), (100, -20), (100, 400)])
def test_keypoints_out_of_the_picture_leave_no_heat(centre):
    assert gaussian(centre, 3.0, SIZE)[2].size == 0


def maps(peaks: list[tuple[int, int, float]], shape: tuple[int, int] = (8, 10)) -> np.ndarray:
    """One map per (row, column, value)."""
    heat = np.zeros((len(peaks), *shape))
    for k, (row, column, value) in enumerate(peaks):
        heat[k, row, column] = value
    return heat


def test_points_move_a_quarter_pixel_towards_the_larger_neighbour():
    heat = maps([(4, 5, 0.9)])
    heat[0, 4, 6], heat[0, 3, 5] = 0.5, 0.2
    found = locate(heat)
    assert found.points.tolist() == [[5.25, 3.75]]
    assert found.scores.tolist() == [0.9]
    assert found.size == (8, 10)


@pytest.mark.parametrize(("row", "column"), [(1, 5), (4, 1), (7, 5), (4, 9), (0, 0)])
def test_points_near_the_border_do_not_move(row, column):
    heat = maps([(row, column, 0.9)])
    heat[0, 4, 4] += 0.1
    heat[0, 3, 5] += 0.1
    assert locate(heat).points.tolist() == [[column, row]]


def test_the_first_of_equal_peaks_is_taken_and_empty_maps_give_none():
    heat = maps([(2, 7, 0.5), (3, 3, 0.0)])
    heat[0, 5, 2] = 0.5
    found = locate(heat)
    assert found.points.tolist() == [[7, 2], [-1, -1]]
    assert found.scores.tolist() == [0.5, 0]


def test_whole_numbers_are_located_like_fractions():
    rng = np.random.default_rng(0)
    heat = rng.integers(0, 511, (5, 30, 20)).astype(np.uint16)
    one, other = locate(heat, 510), locate(heat / 510)
    np.testing.assert_array_equal(one.points, other.points)
    np.testing.assert_allclose(one.scores, other.scores)


def test_what_is_read_of_a_mirror_image_comes_back():
    plane = np.random.default_rng(1).integers(0, 256, (4, 6)).astype(np.uint8)
    np.testing.assert_array_equal(mirrored_back(plane[:, ::-1], shift=False), plane)
    shifted = mirrored_back(plane[:, ::-1], shift=True)
    np.testing.assert_array_equal(shifted[:, 1:], plane[:, :-1])
    np.testing.assert_array_equal(shifted[:, 0], plane[:, 0])
