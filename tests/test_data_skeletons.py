import json
import os
from pathlib import Path

import pytest

from painter_kit.data.skeletons import (
    COCO_KEYPOINTS,
    COCO_SIGMAS,
    UPPER_BODY,
    flip_pairs_of,
    sigmas_of,
)


def test_a_mirror_swaps_left_and_right():
    pairs = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16))
    assert flip_pairs_of(COCO_KEYPOINTS) == pairs
    assert flip_pairs_of(("right_paw", "nose", "left_paw", "left_ear")) == ((2, 0),)
    assert flip_pairs_of(()) == ()


def test_keypoints_that_coco_has_keep_its_sigmas():
    assert sigmas_of(("nose", "tail", "left_hip")) == (0.026, 0.07, 0.107)
    assert sigmas_of(COCO_KEYPOINTS) == tuple(COCO_SIGMAS.values())
    mean = sum(COCO_SIGMAS.values()) / len(COCO_SIGMAS)
    assert sigmas_of(("tail",))[0] == pytest.approx(mean, abs=0.005)


def test_the_upper_body_ends_at_the_hips():
    assert COCO_KEYPOINTS[UPPER_BODY] == "left_hip"
    assert COCO_KEYPOINTS[UPPER_BODY - 1] == "right_wrist"


@pytest.mark.skipif("PAINTERKIT_SAMPLES" not in os.environ, reason="PAINTERKIT_SAMPLES is not set")
def test_as_another_toolbox_has_them():
    path = Path(os.environ["PAINTERKIT_SAMPLES"]) / "meta" / "coco_keypoints17.json"
    listed = json.loads(path.read_text())
    assert list(COCO_KEYPOINTS) == listed["keypoints"]
    assert list(COCO_SIGMAS.values()) == listed["sigmas"]
    assert [list(pair) for pair in flip_pairs_of(COCO_KEYPOINTS)] == listed["flip_pairs"]
    assert listed["upper_body"] == list(range(UPPER_BODY))
