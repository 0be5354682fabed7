import numpy as np
import pytest

from painter_kit.data.world.scene import render_scene
from painter_kit.data.world.truth import clean_truth, mirror_keypoints, scene_truth

SCENE = render_scene(0, "test", 1)


def truth(task):
    return scene_truth(task, SCENE.depth_m, SCENE.labels, SCENE.ids)


def test_dense_truths_are_the_scenes_arrays():
    assert truth("depth")["depth_m"] is SCENE.depth_m
    assert truth("semantic")["labels"] is truth("coco-semantic")["labels"] is SCENE.labels
    assert clean_truth(SCENE.image)["clean"] is SCENE.image


def test_instance_masks_partition_the_foreground():
    masks, mask = truth("instance")["masks"], truth("foreground")["mask"]
    assert masks.dtype == bool
    assert masks.shape == (SCENE.ids.max(), 64, 64)
    np.testing.assert_array_equal(masks.sum(axis=0), mask)
    assert masks.any(axis=(1, 2)).all()


def test_a_room_without_shapes_has_no_instances():
    empty = np.zeros((4, 4), np.uint8)
    assert scene_truth("instance", SCENE.depth_m, empty, empty)["masks"].shape == (0, 4, 4)


@pytest.mark.parametrize("width", [5, 64])
def test_mirrored_keypoints_lie_on_mirrored_pixels(width):
    picture = np.zeros((3, width), np.uint8)
    picture[1, 4] = 1
    points = np.array([[4, 1, 2], [0.25, 2, 1]], np.float32)
    mirrored = mirror_keypoints(points, width)
    x, y = mirrored[0, :2].astype(int)
    assert picture[:, ::-1][y, x] == 1
    assert mirrored[1].tolist() == [width - 1.25, 2, 1]
    assert points[0, 0] == 4


def test_segments_are_the_shapes_and_what_is_seen_of_the_room():
    found, labels = truth("panoptic"), truth("semantic")["labels"]
    segments, categories = found["segments"], found["categories"]
    assert segments.min() == 1
    np.testing.assert_array_equal(categories[segments - 1], labels)
    assert not found["crowd"].any()
    assert sorted(categories[categories < 2].tolist()) == np.unique(labels[labels < 2]).tolist()
    masks = truth("instance")["masks"]
    np.testing.assert_array_equal(found["masks"], masks)
    assert [int(labels[m][0]) for m in masks] == found["mask_categories"].tolist()
    assert len(categories) == len(np.unique(labels[labels < 2])) + len(masks)
