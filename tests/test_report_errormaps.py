"""Error maps of hand-made predictions, whose wrong pixels are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from painter_kit.data.specs import class_spec, depth_spec, foreground_spec, instance_spec
from painter_kit.report.errormaps import (
    DEPTH_SCALES,
    EXTRA,
    GAIN,
    IGNORED,
    LEAST_SIDE,
    SCALE,
    TRUE,
    WRONG,
    depth_scale,
    error_map,
    legend,
    prediction_picture,
    truth_picture,
)
from painter_kit.tasks.base import get_task
from painter_kit.tasks.heat import Keypoints
from painter_kit.tasks.instance import Instances
from painter_kit.types import Example, Spec
from tests import toys
from tests.test_tasks_keypoint import spec as keypoint_spec

SIZE = (6, 8)
GREY = np.full((*SIZE, 3), 100, np.uint8)


def example(**truth: Any) -> Example:
    return Example("e", "g", GREY, {k: np.asarray(v) for k, v in truth.items()})


def is_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (picture == colour).all(axis=2)


def test_depth_errors_on_a_scale_in_metres():
    true = np.full(SIZE, 2.0, np.float32)
    true[0] = 0  # no value
    found = true + 0.5
    found[1] += 5
    one = example(depth_m=true)
    spec = depth_spec("test")
    shown = error_map(get_task("depth"), spec, one, found, most=1.0)
    assert is_colour(shown.image[:1], IGNORED).all()
    assert is_colour(shown.image[1:2], SCALE[-1]).all()
    assert is_colour(shown.image[2:], SCALE[len(SCALE) // 2]).all()  # half of the scale
    assert shown.words == "mean 1.50 m, most 5.50 m"
    assert depth_scale(spec, [(one, true + 0.5)]) == 0.5
    assert depth_scale(spec, [(one, true + 1.7)]) == 2.0
    assert depth_scale(spec, [(one, found)]) == DEPTH_SCALES[-1]
    assert depth_scale(spec, [(example(depth_m=np.zeros(SIZE)), found)]) == DEPTH_SCALES[0]


@pytest.mark.parametrize(
    ("name", "spec", "key"),
    [
        ("semantic", class_spec("test", "semantic", ("a", "b", "c")), "labels"),
        ("foreground", foreground_spec("test"), "mask"),
    ],
)
def test_wrong_pixels(name: str, spec: Spec[Any], key: str):
    true = np.zeros(SIZE, np.uint8)
    true[0], found = 255, np.zeros(SIZE, np.uint8)
    found[1, :2] = 1
    shown = error_map(get_task(name), spec, example(**{key: true}), found)
    assert is_colour(shown.image, IGNORED).sum() == SIZE[1]
    assert np.argwhere(is_colour(shown.image, WRONG)).tolist() == [[1, 0], [1, 1]]
    assert shown.words == "5.0% of the pixels wrong"
    assert "red" in legend(get_task(name))


def test_missed_and_made_up_instances():
    true, found = np.zeros((2, *SIZE), bool), np.zeros((2, *SIZE), bool)
    true[0, 0], true[1, 2] = True, True
    found[0, 0], found[1, 4] = True, True
    spec = instance_spec("test")
    scores = np.array([0.9, 0.8], np.float32)
    one = example(masks=true)
    shown = error_map(get_task("instance"), spec, one, Instances(found, scores))
    assert is_colour(shown.image, WRONG).any(axis=1).tolist() == [row == 2 for row in range(6)]
    assert is_colour(shown.image, EXTRA).any(axis=1).tolist() == [row == 4 for row in range(6)]
    nothing = Instances(found[:0], scores[:0])
    shown = error_map(get_task("instance"), spec, one, nothing)
    assert is_colour(shown.image, WRONG).sum() == 2 * SIZE[1]


@pytest.mark.parametrize("levels", [False, True])
def test_differences_of_restored_pictures(levels: bool):
    clean = np.full((*SIZE, 3), 100, np.uint8)
    found = np.full((*SIZE, 3), 110, np.uint8)
    given = found if levels else (found / 255).astype(np.float32)
    shown = error_map(get_task("denoise"), depth_spec("test"), example(clean=clean), given)
    assert (np.abs(shown.image.astype(int) - GAIN * 10) <= 1).all()
    assert shown.words == "mean difference 10.0 of 255 levels"


def test_lines_from_true_to_found_keypoints():
    spec = replace(keypoint_spec(count=3), task="keypoint")
    picture = np.full((64, 64, 3), 90, np.uint8)
    points = np.array([[10, 10, 2], [50, 50, 2], [30, 30, 0]], np.float32)
    one = Example("e", "g", picture, {"keypoints": points})
    found = Keypoints(
        np.array([[10.0, 40.0], [5.0, 5.0], [0.0, 0.0]]), np.array([0.9, 0.0, 0.5]), (64, 64)
    )
    task = get_task("keypoint")
    shown = error_map(task, spec, one, found)
    assert shown.words == "mean 30.0 pixels away, 1 not found"
    scale = LEAST_SIDE // 64
    assert shown.image.shape == (64 * scale, 64 * scale, 3)
    assert tuple(shown.image[25 * scale, 10 * scale]) == WRONG
    assert tuple(shown.image[10 * scale, 10 * scale]) == TRUE
    assert tuple(shown.image[50 * scale, 50 * scale]) == TRUE
    assert tuple(truth_picture(task, spec, one)[50 * scale, 50 * scale]) == TRUE
    assert tuple(prediction_picture(task, spec, one, found)[40 * scale, 10 * scale]) == EXTRA


def test_any_other_task_shows_the_difference_of_its_pictures():
    one = toys.make_example("e", quality=10, level=100)
    shown = error_map(toys.TOY, toys.SPEC, one, 0.5)
    assert shown.image.shape == one.image.shape
    assert "difference" in legend(toys.TOY)


def test_truth_of_depth_is_black_where_it_is_missing():
    true = np.full(SIZE, 3.0, np.float32)
    true[0] = 0
    shown = truth_picture(get_task("depth"), depth_spec("test"), example(depth_m=true))
    assert not shown[0].any()
    assert shown[1:].any()
