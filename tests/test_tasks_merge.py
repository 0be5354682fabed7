import json
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.coco_categories import THINGS
from painter_kit.tasks.colors import COCO_BASE, grid_palette
from painter_kit.tasks.merge import merge, vote

GOLDEN = Path(__file__).parent / "golden"
ARRAYS = np.load(GOLDEN / "panoptic_merge.npz")
CASES = json.loads((GOLDEN / "panoptic_merge.json").read_text())["cases"]
PALETTE = grid_palette(133, COCO_BASE)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_recorded_merges(number: int):
    case, array = CASES[number], lambda name: ARRAYS[f"case{number}_{name}"]
    height, width = case["shape"]
    masks = np.unpackbits(array("masks_packed"), axis=-1)[..., :width].astype(bool)
    labels = array("classes").astype(np.int64)
    segments, categories = merge(
        (masks, array("scores"), labels),
        array("semantic"),
        range(THINGS),
        case["instances_score_thresh"],
        case["overlap_threshold"],
        case["stuff_area_thresh"],
    )
    assert segments.shape == (height, width)
    np.testing.assert_array_equal(segments, array("panoptic"))
    assert categories.tolist() == [s["category_id"] for s in case["segments_info"]]


def rectangle(top: int, bottom: int, left: int = 0, right: int = 10) -> np.ndarray:
    mask = np.zeros((10, 10), bool)
    mask[top:bottom, left:right] = True
    return mask


def merged(masks: list[np.ndarray], scores: list[float], semantic: np.ndarray, **changed):
    settings = {"score_threshold": 0.55, "overlap_threshold": 0.5, "stuff_area": 20} | changed
    stack = np.reshape(masks, (-1, 10, 10)).astype(bool)
    instances = stack, np.array(scores, np.float32), np.arange(len(masks))
    segments, categories = merge(instances, semantic, (0, 1, 2), **settings)
    return segments, categories.tolist()


def test_the_best_instance_keeps_contested_pixels_and_hidden_ones_go():
    void = np.full((10, 10), 255, np.uint8)
    masks = [rectangle(0, 6), rectangle(3, 9), rectangle(4, 8)]
    segments, categories = merged(masks, [0.9, 0.8, 0.7], void)
    assert categories == [0, 1]  # half of the second is free, none of the third
    assert segments[:, 0].tolist() == [1] * 6 + [2] * 3 + [0]
    assert merged(masks, [0.7, 0.8, 0.9], void)[1] == [2, 0]
    assert merged(masks, [0.9, 0.8, 0.7], void, overlap_threshold=0.49)[1] == [0]


def test_weak_and_empty_instances_are_left_out():
    void = np.full((10, 10), 255, np.uint8)
    segments, categories = merged(
        [rectangle(0, 1), rectangle(0, 0), rectangle(5, 6)], [0.55, 0.9, 0.54], void
    )
    assert categories == [0]
    assert segments.max() == 1


def test_stuff_takes_what_is_free_if_it_is_enough():
    semantic = np.repeat([3, 4, 1, 5, 255], 20).astype(np.uint8).reshape(10, 10)
    segments, categories = merged([rectangle(0, 2, 0, 1)], [0.9], semantic)
    # 18 pixels of class 3 are free, too few; class 1 is a thing without an instance.
    assert categories == [0, 4, 5]
    assert segments[:, 5].tolist() == [0, 0, 2, 2, 0, 0, 3, 3, 0, 0]
    assert merged([rectangle(0, 2, 0, 1)], [0.9], semantic, stuff_area=18)[1] == [0, 3, 4, 5]


def test_the_vote_is_the_largest_sum_of_probabilities():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (12, 14, 3)).astype(np.uint8)
    masks = rng.random((9, 12, 14)) < rng.uniform(0.02, 0.5, (9, 1, 1))
    colours = PALETTE[:THINGS]
    gap = np.abs(picture[:, :, None].astype(int) - colours)
    for distance, volume in {
        "abs": gap.sum(axis=-1),
        "square": (gap**2).sum(axis=-1),
        "mean": (gap + gap**2).sum(axis=-1) / 2,
    }.items():
        probability = 1 - volume / volume.max()
        sums = np.array([probability[mask].sum(axis=0) for mask in masks])
        assert vote(masks, picture, colours, distance).tolist() == sums.argmax(axis=1).tolist()


def test_ties_and_nothing():
    picture = np.full((4, 4, 3), 100, np.uint8)
    colours = [(90, 100, 100), (110, 100, 100), (100, 100, 100)]
    masks = np.stack([np.ones((4, 4), bool), np.zeros((4, 4), bool)])
    assert vote(masks, picture, colours[:2], "abs").tolist() == [0, 0]
    assert vote(masks, picture, colours, "abs").tolist() == [2, 0]
    assert vote(masks[:0], picture, colours, "abs").shape == (0,)
    segments, categories = merged([], [], np.full((10, 10), 255, np.uint8))
    assert not segments.any()
    assert categories == []
