import numpy as np
import pytest

from painter_kit.data.layouts.coco_detections import detections

IMAGE = {"id": 285, "width": 640, "height": 480}
PEOPLE = [
    {"bbox": [100, 50, 120, 300], "iscrowd": 0},
    {"bbox": [560, 200, 80, 280], "iscrowd": 0},
    {"bbox": [300, 300, 60, 60], "iscrowd": 1},
]


def iou(a: list[float], b: list[float]) -> float:
    ends = [min(a[i] + a[i + 2], b[i] + b[i + 2]) - max(a[i], b[i]) for i in range(2)]
    both = max(ends[0], 0) * max(ends[1], 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


@pytest.mark.parametrize("seed", range(5))
def test_every_person_is_found_with_a_high_score(seed: int):
    found = detections(IMAGE, PEOPLE, seed)
    for person in PEOPLE[:2]:
        good = [d for d in found if iou(d["bbox"], person["bbox"]) > 0.7]
        assert max(d["score"] for d in good) > 0.7
    assert all(iou(d["bbox"], PEOPLE[2]["bbox"]) < 0.5 for d in found if d["score"] > 0.6)
    for d in found:
        x, y, width, height = d["bbox"]
        assert min(x, y) >= 0
        assert min(width, height) >= 2
        assert x + width <= 640 + 1e-9
        assert y + height <= 480 + 1e-9
        assert (d["image_id"], d["category_id"]) == (285, 1)
    scores = [d["score"] for d in found]
    assert scores == sorted(scores, reverse=True)


def test_some_boxes_are_false_or_second():
    counts = [len(detections({**IMAGE, "id": i}, PEOPLE, 0)) for i in range(40)]
    assert min(counts) == 2
    assert max(counts) >= 4
    empty = [len(detections({**IMAGE, "id": i}, [], 0)) for i in range(40)]
    assert set(empty) == {0, 1, 2}


def test_boxes_depend_on_picture_and_seed_alone():
    assert detections(IMAGE, PEOPLE, 1) == detections(IMAGE, PEOPLE, 1)
    assert detections(IMAGE, PEOPLE, 1) != detections(IMAGE, PEOPLE, 2)
    first = detections(IMAGE, PEOPLE[:1], 0)[0]["bbox"]
    assert not np.allclose(first, PEOPLE[0]["bbox"])
