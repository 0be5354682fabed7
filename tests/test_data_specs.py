"""Specs for data without its own, against what tasks report."""

import numpy as np
import pytest

from painter_kit.data import specs
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task
from painter_kit.types import Spec

SIZE = (16, 16)
PICTURE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
TRUTH = {
    "depth": {"depth_m": np.full(SIZE, 2.0, np.float32)},
    "semantic": {"labels": np.eye(16, dtype=np.uint8)},
    "coco-semantic": {"labels": np.eye(16, dtype=np.uint8)},
    "foreground": {"mask": np.eye(16, dtype=np.uint8)},
    "instance": {"masks": np.eye(16, dtype=bool)[None]},
    **{name: {"clean": PICTURE} for name in specs.RESTORATION},
    "keypoint": {
        "keypoints": np.array([(5, 5, 2), (0, 0, 0)], np.float32),
        "box": np.array([0, 0, 16, 16], np.float32),
        "area": np.array(200, np.float32),
    },
}


def spec_of(task: str) -> Spec:
    return specs.released_spec("x", task, ("wall", "floor"))


@pytest.mark.parametrize("name", TRUTH)
def test_the_primary_metric_is_reported_and_perfect_for_the_truth(name: str):
    task, spec = get_task(name), spec_of(name)
    painted = task.encode(TRUTH[name], spec, SIZE).astype(np.float32) / 255
    record = task.measure(task.decode(painted, spec, SIZE), TRUTH[name], spec)
    value = task.summarise([record], spec)[spec.metric]
    assert spec.task == name
    best = {"m": 0, "dB": 100, "": 1}[spec.unit]
    assert value == pytest.approx(best, abs=0.04)  # a level of depth is 39 mm


@pytest.mark.parametrize(("task", "base"), [("semantic", 6), ("coco-semantic", 7)])
def test_classes_have_the_released_colours(task: str, base: int):
    spec = specs.class_spec("x", task, tuple("abc"))
    step = 256 // base
    assert spec.coding.palette == ((255,) * 3, (255, 255, 255 - step), (255, 255, 255 - 2 * step))
    assert spec.classes == ("a", "b", "c")


@pytest.mark.parametrize(("task", "count"), [("semantic", 217), ("coco-semantic", 256)])
def test_too_many_classes(task: str, count: int):
    with pytest.raises(InputError, match=f"{task} takes 1 to {count - 1} classes but got {count}"):
        specs.class_spec("x", task, tuple(map(str, range(count))))
    specs.class_spec("x", task, tuple(map(str, range(count - 1))))


def test_every_released_task_is_tried_here():
    assert set(TRUTH) == set(specs.RELEASED_TASKS)
    with pytest.raises(InputError, match="--data x has no task panoptic; it has depth, semantic"):
        specs.released_spec("x", "panoptic")


def test_keypoints_are_named_and_as_many_as_there_are_colours():
    spec = specs.released_spec("x", "keypoint", ("left_eye", "tail", "right_eye"))
    assert spec.protocol.names == ("left_eye", "tail", "right_eye")
    assert spec.protocol.sigmas == (0.025, 0.07, 0.025)
    assert spec.protocol.flip_pairs == ((0, 2),)
    assert (spec.metric, spec.protocol.flip_test, spec.output_resize) == ("pck", False, "nearest")
    for count in (0, 26):
        with pytest.raises(InputError, match=f"keypoint takes 1 to 25 names but got {count}"):
            specs.released_spec("x", "keypoint", tuple(map(str, range(count))))


def test_panoptic_has_the_released_constants():
    spec = specs.panoptic_spec("x", ("cat", "sky"), (0,))
    assert (spec.canvas, spec.metric, spec.classes) == (560, "pq", ("cat", "sky"))
    assert spec.part("semantic") == specs.class_spec("x", "coco-semantic", ("cat", "sky"))
    assert spec.part("instance") == specs.instance_spec("x")
    protocol = spec.protocol
    assert protocol.things == (0,)
    assert (protocol.score_threshold, protocol.overlap_threshold) == (0.55, 0.5)
    assert protocol.stuff_area == 8192


def test_a_models_canvas_fits_the_parts_and_leaves_the_merge():
    spec = specs.panoptic_spec("x", ("cat", "sky"), (0,))
    assert specs.with_canvas(spec, 448) == spec  # the released model paints COCO at 560
    half = specs.with_canvas(spec, 280)
    assert half.canvas == half.part("semantic").canvas == half.part("instance").canvas == 280
    assert half.part("instance").protocol.near_empty == 75
    assert half.protocol == spec.protocol  # its area is in pixels of the picture


def test_no_classes():
    with pytest.raises(InputError, match="but got 0"):
        specs.class_spec("x", "semantic", ())


def test_canvas_of_the_model_scales_areas():
    spec = specs.instance_spec("x")
    assert specs.with_canvas(spec, 560) == spec
    assert specs.with_canvas(spec, 448) == spec  # the released model paints COCO at 560
    half = specs.with_canvas(spec, 280)
    assert (half.canvas, half.protocol.near_empty) == (280, 75)
    depth = specs.with_canvas(specs.depth_spec("x"), 64)
    assert depth.canvas == 64
    assert depth.protocol == specs.depth_spec("x").protocol
