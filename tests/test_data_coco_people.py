import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO

from painter_kit.data.coco_people import (
    detections_file,
    people_file,
    picture_folder,
    read_detections,
    read_people,
    true_boxes,
)
from painter_kit.errors import InputError

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
SEEN = [10.0, 10.0, 2.0, *[0.0] * 48]


def annotation(number: int, box: list[float], **more: Any) -> dict[str, Any]:
    entry = {"id": number, "image_id": 7, "category_id": 1, "bbox": box, "area": 50.0}
    return {**entry, "iscrowd": 0, "num_keypoints": 1, "keypoints": SEEN, **more}


def write(root: Path, annotations: list[dict[str, Any]], folder: str = "coco") -> Path:
    path = root / folder / "annotations" / "person_keypoints_val2017.json"
    path.parent.mkdir(parents=True)
    images = [{"id": n, "file_name": f"{n:012d}.jpg", "height": 80, "width": 100} for n in (9, 7)]
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    return path


def test_persons_of_each_picture(tmp_path: Path):
    crowd = {"segmentation": {"counts": [3], "size": [1, 3]}, "iscrowd": 1, "num_keypoints": 0}
    path = write(tmp_path, [annotation(1, [1, 2, 3, 4]), annotation(2, [0, 0, 9, 9], **crowd)])
    first, second = read_people(path)
    assert (first.image_id, first.stem, first.size) == (7, "000000000007", (80, 100))
    assert [p.crowd for p in first.persons] == [False, True]
    assert first.persons[0].box == (1, 2, 3, 4)
    assert first.persons[0].keypoints.shape == (17, 3)
    assert second.persons == ()


def test_boxes_are_cut_and_numbered_among_those_that_are_cropped(tmp_path: Path):
    path = write(
        tmp_path,
        [
            annotation(1, [10, 10, 5, 5], iscrowd=1),
            annotation(2, [-4, 70, 20, 30]),
            annotation(3, [5, 5, 9, 9], num_keypoints=0, keypoints=[0.0] * 51),
            annotation(4, [5, 5, 9, 9], area=0.0),
            annotation(5, [99, 5, 9, 9]),
            annotation(6, [90, 5, 50, 9]),
        ],
    )
    found = [boxed for _, boxed in true_boxes(read_people(path)[0])]
    assert [b.number for b in found] == [0, 1]
    assert found[0].box == (0, 70, 20, 9)  # to the last pixel, 79
    assert found[1].box == (90, 5, 9, 9)
    assert found[0].score == 1


def test_files_may_be_in_either_folder(tmp_path: Path):
    assert people_file(tmp_path, "val2017").parent.parent.name == "coco"
    path = write(tmp_path, [], "coco_pose")
    assert people_file(tmp_path, "val2017") == path
    pictures = read_people(path)
    assert picture_folder(tmp_path, "val2017", pictures) == tmp_path / "coco" / "val2017"
    (tmp_path / "coco_pose" / "val2017").mkdir()
    (tmp_path / "coco_pose" / "val2017" / "000000000007.jpg").touch()
    assert picture_folder(tmp_path, "val2017", pictures) == tmp_path / "coco_pose" / "val2017"
    assert picture_folder(tmp_path, "val2017", ()) == tmp_path / "coco" / "val2017"


def test_detections_are_numbered_through_the_file(tmp_path: Path):
    path = detections_file(tmp_path)
    path.parent.mkdir(parents=True)
    box = [1.5, 2, 3, 4]
    rows = [(7, 1, 0.5), (9, 1, 0.25), (7, 2, 0.9), (7, 1, -0.1), (7, 1, 0.0)]
    path.write_text(
        json.dumps([{"image_id": i, "category_id": c, "score": s, "bbox": box} for i, c, s in rows])
    )
    found = read_detections(path)
    assert {i: [b.number for b in boxes] for i, boxes in found.items()} == {7: [0, 2], 9: [1]}
    assert found[7][0].box == (1.5, 2, 3, 4)
    assert [b.score for b in found[7]] == [0.5, 0.0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not as COCO 2017 has it"),
        ("[]", "is not as COCO 2017 has it"),
        ('{"images": [], "annotations": [{"id": 1}]}', "is not as COCO 2017 has it"),
        ('{"annotations": [{"bbox": [1, 2, 3, 4], "area": 3}]}', "no 'keypoints'"),
    ],
)
def test_broken_annotations_are_named(tmp_path: Path, content: str, words: str):
    path = write(tmp_path, [])
    path.write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        read_people(path)
    assert str(path) in str(caught.value)


def test_missing_and_broken_detections_are_named(tmp_path: Path):
    path = detections_file(tmp_path)
    with pytest.raises(InputError, match=r"does not exist.*coco:gt-boxes"):
        read_detections(path)
    path.parent.mkdir(parents=True)
    for content in ("{", "[3]", '[{"category_id": 1}]'):
        path.write_text(content)
        with pytest.raises(InputError, match="is no list of detections"):
            read_detections(path)


@pytest.mark.skipif(not SAMPLES, reason="PAINTERKIT_SAMPLES is not set")
def test_real_annotations_as_pycocotools_reads_them():
    path = people_file(Path(str(SAMPLES)).resolve(), "val2017")
    truth, pictures = COCO(str(path)), read_people(path)
    assert [p.image_id for p in pictures] == sorted(truth.getImgIds())
    for picture in pictures:
        expected = truth.loadAnns(truth.getAnnIds(picture.image_id))
        assert [p.area for p in picture.persons] == [a["area"] for a in expected]
        assert [list(p.box) for p in picture.persons] == [a["bbox"] for a in expected]
        for person, a in zip(picture.persons, expected, strict=True):
            np.testing.assert_array_equal(person.keypoints.ravel(), a["keypoints"])
    assert sum(len(true_boxes(p)) for p in pictures) == 10
    detected = read_detections(detections_file(path.parents[2]))
    assert {i: len(b) for i, b in detected.items()} == {40083: 26, 196141: 33}
