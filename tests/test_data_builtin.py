"""The built-in photograph and its depth."""

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.builtin import TILE, depth_from_disparity, motorcycle
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task, make_pair


def test_depth_of_known_disparities():
    depth = depth_from_disparity(np.array([[0.0, 59.90896, np.nan]], np.float32))
    # focal length x baseline / (disparity + shift of the principal point), by hand
    np.testing.assert_allclose(depth, [[6.17735, 2.11028, 0.0]], atol=1e-4)
    assert depth.dtype == np.float32


def test_disparity_belongs_to_the_left_view():
    from skimage import data

    left, right, disparity = (a.astype(np.float64) for a in data.stereo_motorcycle())
    rows, columns = np.nonzero(np.isfinite(disparity))
    moved = columns - np.rint(disparity[rows, columns]).astype(int)
    inside = moved >= 0
    rows, columns, moved = rows[inside], columns[inside], moved[inside]
    error = np.abs(left[rows, columns] - right[rows, moved]).mean()
    assert error < 0.5 * np.abs(left[rows, columns] - right[rows, columns]).mean()


def test_photograph_is_metric():
    image, depth = motorcycle()
    assert image.shape == (500, 741, 3)
    known = depth[depth > 0]
    assert known.size / depth.size == pytest.approx(0.9265, abs=1e-3)
    assert (known.min(), known.max()) == pytest.approx((2.11, 5.02), abs=0.01)


def test_tiles():
    data = open_dataset("builtin")
    examples = data.examples("depth", data.sources["test"])
    assert len(examples) == len(set(examples.ids)) == 60
    assert len(set(examples.groups)) == 10
    image, depth = motorcycle()
    last = examples[59]
    assert last.id == "motorcycle-5-9"
    assert last.group == "column-9"
    np.testing.assert_array_equal(last.image, image[5 * TILE : 6 * TILE, 9 * TILE : 10 * TILE])
    np.testing.assert_array_equal(
        last.truth["depth_m"], depth[5 * TILE : 6 * TILE, 9 * TILE : 10 * TILE]
    )


def test_groups_are_columns_of_the_photograph():
    examples = open_dataset("builtin").examples("depth", "all")
    columns = [name.split("-")[2] for name in examples.ids]
    assert list(examples.groups) == [f"column-{c}" for c in columns]


def test_tiles_become_pairs():
    data = open_dataset("builtin")
    pair = make_pair(get_task("depth"), data.spec("depth"), data.examples("depth", "all")[0])
    assert pair.image.shape == (TILE, TILE, 3)
    assert 100 < pair.target[pair.target > 0].mean() < 130  # 4.8 m of 10 m


def test_other_tasks_and_arguments_are_refused():
    with pytest.raises(InputError, match="has no task semantic; it has depth"):
        open_dataset("builtin").examples("semantic", "all")
    with pytest.raises(InputError, match="builtin takes no argument"):
        open_dataset("builtin:x")
