"""Decoded results in the forms that files and answers have."""

import json

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.evaluation.decoded import decoded_forms
from painter_kit.tasks.base import decode_example, get_task, make_pair, task_parts

WORLD = open_dataset("world")


def perfect(name: str):
    """The forms of the encoded truth of an example, with the example and its spec."""
    task, spec = get_task(name), WORLD.spec(name)
    example = WORLD.examples(name, "test")[0]
    if task.parts:
        painted = {
            part: make_pair(own, given, WORLD.examples(own.name, "test")[0]).target / 255
            for part, own, given in task_parts(task, spec)
        }
    else:
        painted = make_pair(task, spec, example).target / np.float32(255)
    size = example.image.shape[0], example.image.shape[1]
    forms = decoded_forms(task, spec, decode_example(task, spec, painted, example), size)
    return forms, example, spec


def test_depth_is_millimetres():
    forms, example, _ = perfect("depth")
    assert forms["decoded"].dtype == np.uint16
    truth = example.truth["depth_m"]
    known = truth > 0
    assert np.abs(forms["decoded"] / 1000 - truth)[known].max() < 0.05  # a level is 0.04 m


def test_classes_are_indices():
    forms, example, _ = perfect("semantic")
    assert forms["decoded"].dtype == np.uint8
    known = example.truth["labels"] != 255
    assert (forms["decoded"] == example.truth["labels"])[known].mean() > 0.99


def test_keypoints_are_named_points():
    forms, _, spec = perfect("keypoint")
    assert [point["name"] for point in forms["decoded"]] == list(spec.protocol.names)
    assert json.loads(json.dumps(forms["decoded"])) == forms["decoded"]


def test_panoptic_is_a_picture_with_its_segments():
    forms, example, spec = perfect("panoptic")
    assert list(forms) == ["decoded", "segments"]
    ids = forms["decoded"].astype(int) @ [1, 256, 65536]
    entries = forms["segments"]["segments_info"]
    assert {entry["id"] for entry in entries} == set(np.unique(ids)) - {0}
    assert sum(entry["area"] for entry in entries) == (ids > 0).sum()
    assert {entry["name"] for entry in entries} <= set(spec.classes)
    assert ids.shape == example.image.shape[:2]


@pytest.mark.parametrize("task", ["denoise", "enhance"])
def test_restored_pictures_are_pictures(task: str):
    forms, example, _ = perfect(task)
    assert forms["decoded"].dtype == np.uint8
    assert forms["decoded"].shape == example.image.shape
