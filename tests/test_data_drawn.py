"""Polygons and run lengths against pycocotools, and those that it must not be given."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco

from painter_kit.data.drawn import draw

SIZE = (12, 17)


@given(arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_run_lengths_are_pycocotools(mask: np.ndarray):
    encoded: Any = coco.encode(np.asfortranarray(mask, np.uint8))
    size = mask.shape
    for counts in (encoded["counts"], encoded["counts"].decode()):
        drawn = draw({"size": list(size), "counts": counts}, size)
        np.testing.assert_array_equal(drawn, mask)
        assert drawn.dtype == bool


@given(arrays(np.bool_, st.just((300, 200))))
def test_plain_counts_are_pycocotools(mask: np.ndarray):
    flat = np.concatenate([[False], mask.T.ravel()])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()
    shape = {"size": [300, 200], "counts": counts}
    np.testing.assert_array_equal(draw(shape, (300, 200)), mask)
    expected = coco.decode(coco.frPyObjects(dict(shape), 300, 200))
    np.testing.assert_array_equal(draw(shape, (300, 200)), expected.astype(bool))


@given(st.lists(st.lists(st.floats(-2, 18), min_size=6, max_size=6), min_size=1, max_size=3))
def test_polygons_are_pycocotools(polygons: list[list[float]]):
    bounded = [[min(max(x, -12), 24) for x in polygon] for polygon in polygons]
    expected = coco.decode(coco.merge(coco.frPyObjects(bounded, *SIZE))).astype(bool)
    np.testing.assert_array_equal(draw([np.array(p) for p in bounded], SIZE), expected)


def test_polygons_without_area_show_nothing():
    assert not draw([], SIZE).any()
    assert not draw([[1.0, 2.0, 5.0, 6.0]], SIZE).any()
    square = [1.0, 1.0, 1.0, 8.0, 8.0, 8.0, 8.0, 1.0]
    np.testing.assert_array_equal(draw([[3.0, 3.0], square], SIZE), draw([square], SIZE))


RUNS = SIZE[0] * SIZE[1]


@pytest.mark.parametrize(
    "shape",
    [
        [[1.0, 2.0, 3.0, 4.0, 5.0]],
        [[1.0, 2.0, 3.0, 4.0, 5.0, 1e9]],
        [[1.0, 2.0, 3.0, 4.0, 5.0, float("nan")]],
        [[[1.0, 2.0]]],
        [1.0, 2.0],
        {"size": list(SIZE), "counts": [10, RUNS]},
        {"size": list(SIZE), "counts": [-10, RUNS + 10]},
        {"size": list(SIZE), "counts": [RUNS - 1]},
        {"size": list(SIZE), "counts": [1.0, RUNS - 1.0]},
        {"size": list(SIZE), "counts": [True, RUNS - 1]},
        {"size": list(SIZE), "counts": []},
        {"size": list(SIZE), "counts": "oooooooooooo"},
        {"size": list(SIZE), "counts": "\x00é"},
        {"size": list(SIZE), "counts": None},
        {"size": [10**6, 10**6], "counts": [10**12]},
        {"counts": [RUNS]},
        None,
        7,
    ],
)
def test_what_would_break_pycocotools_is_refused(shape: Any):
    with pytest.raises(ValueError):
        draw(shape, SIZE)
