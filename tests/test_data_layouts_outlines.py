import numpy as np

from painter_kit.data.layouts.outlines import outlines


def test_both_sides_of_every_border_belong_to_it():
    ids = np.zeros((4, 5), int)
    ids[1:3, 2] = 7
    expected = np.array(
        [
            [0, 0, 1, 0, 0],
            [0, 1, 1, 1, 0],
            [0, 1, 1, 1, 0],
            [0, 0, 1, 0, 0],
        ],
        bool,
    )
    np.testing.assert_array_equal(outlines(ids), expected)


def test_one_region_has_none():
    assert not outlines(np.full((3, 3), 4)).any()
    assert not outlines(np.zeros((1, 1), int)).any()
