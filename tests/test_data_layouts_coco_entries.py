import numpy as np
import pytest
from pycocotools import mask as coco

from painter_kit.data.layouts.coco_entries import instance_entries, panoptic_entry
from painter_kit.data.layouts.coco_picture import CATEGORIES, PERSON, Region
from painter_kit.data.skeletons import COCO_KEYPOINTS
from painter_kit.data.world.people import JOINTS

SIZE = (60, 80)
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
DISC = (X - 25) ** 2 + (Y - 30) ** 2 < 15**2
RING = DISC & ((X - 25) ** 2 + (Y - 30) ** 2 >= 7**2)
SPLIT = (np.abs(X - 60) < 8) & (np.abs(Y - 30) > 5)
BALL, WALL = CATEGORIES["disc"], CATEGORIES["wall"]


def decoded(entry: dict) -> np.ndarray:
    shape = entry["segmentation"]
    runs = coco.frPyObjects(shape, *SIZE)
    return coco.decode(coco.merge(runs) if isinstance(shape, list) else runs).astype(bool)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize(("mask", "parts"), [(DISC, 1), (SPLIT, 2)])
def test_polygons_follow_the_mask(mask: np.ndarray, parts: int):
    (entry,) = instance_entries(7, [Region(BALL, mask)])
    assert len(entry["segmentation"]) == parts
    assert iou(decoded(entry), mask) > 0.97
    assert entry["area"] == pytest.approx(mask.sum(), rel=0.05)
    x, y, width, height = entry["bbox"]
    rows, columns = np.nonzero(mask)
    assert (x, y) == pytest.approx((columns.min(), rows.min()), abs=0.5)
    assert x + width == pytest.approx(columns.max() + 1, abs=0.5)
    assert y + height == pytest.approx(rows.max() + 1, abs=0.5)


@pytest.mark.parametrize(("mask", "crowd"), [(RING, False), (DISC, True)])
def test_holes_and_crowds_are_run_lengths(mask: np.ndarray, crowd: bool):
    (entry,) = instance_entries(7, [Region(BALL, mask, crowd)])
    assert set(entry["segmentation"]) == {"counts", "size"}
    np.testing.assert_array_equal(decoded(entry), mask)
    assert entry["area"] == mask.sum()
    assert entry["iscrowd"] == crowd


def test_run_lengths_may_begin_at_the_first_pixel():
    mask = np.zeros(SIZE, bool)
    mask[:, :2] = mask[-1] = True
    (entry,) = instance_entries(7, [Region(BALL, mask, True)])
    assert entry["segmentation"]["counts"][0] == 0
    np.testing.assert_array_equal(decoded(entry), mask)


def test_stuff_is_no_instance_and_ids_are_of_the_picture():
    entries = instance_entries(12, [Region(WALL, DISC), Region(BALL, DISC), Region(BALL, RING)])
    assert [entry["id"] for entry in entries] == [1201, 1202]
    assert {entry["image_id"] for entry in entries} == {12}
    assert all("keypoints" not in entry for entry in entries)


def test_joints_are_found_under_coco_s_names():
    joints = np.column_stack([np.arange(13) + 0.4, np.arange(13) + 20.6, np.full(13, 2)])
    joints[JOINTS.index("left_knee")] = 0
    joints[JOINTS.index("right_ankle"), 2] = 1
    (entry,) = instance_entries(3, [Region(PERSON, DISC, joints=joints.astype(np.float32))])
    points = dict(
        zip(COCO_KEYPOINTS, np.reshape(entry["keypoints"], (17, 3)).tolist(), strict=True)
    )
    for name in ("left_eye", "right_eye", "left_ear", "right_ear", "left_knee"):
        assert points[name] == [0, 0, 0]
    assert points["nose"] == [0, 21, 2]
    k = JOINTS.index("right_ankle")
    assert points["right_ankle"] == [k, k + 21, 1]
    assert entry["num_keypoints"] == 12


def test_a_crowd_has_no_keypoints():
    (entry,) = instance_entries(3, [Region(PERSON, DISC, crowd=True)])
    assert entry["keypoints"] == [0] * 51
    assert entry["num_keypoints"] == 0


def test_segments_of_the_png_are_those_of_the_entry():
    regions = [Region(WALL, ~(DISC | SPLIT)), Region(BALL, DISC), Region(BALL, SPLIT, True)]
    entry, png = panoptic_entry(285, regions, np.random.default_rng(0))
    ids = png.astype(int) @ (1, 256, 65536)
    assert set(np.unique(ids)) == {0, *(info["id"] for info in entry["segments_info"])}
    assert (entry["image_id"], entry["file_name"]) == (285, "000000000285.png")
    for info, region in zip(entry["segments_info"], regions, strict=True):
        mask = ids == info["id"]
        assert not (mask & ~region.mask).any()
        assert mask.sum() == info["area"]
        assert (
            coco.toBbox(coco.encode(np.asfortranarray(mask.astype(np.uint8)))).tolist()
            == (info["bbox"])
        )
        assert info["iscrowd"] == region.crowd
    assert 0.01 < np.mean(ids == 0) < 0.3


def test_what_outlines_swallow_is_no_segment():
    line = np.zeros(SIZE, bool)
    line[10] = True
    entry, _ = panoptic_entry(1, [Region(WALL, ~line), Region(BALL, line)], np.random.default_rng())
    assert [info["category_id"] for info in entry["segments_info"]] == [WALL]
