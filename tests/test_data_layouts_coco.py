"""The layout of COCO as pycocotools and numpy see it."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from painter_kit.data.layouts import coco as layout
from painter_kit.data.layouts.base import LayoutOptions, write_layout

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
YEARS = ("train2017", "val2017")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(layout.LAYOUT, root, LayoutOptions(count=4, size=(150, 200)))
    return root


@pytest.fixture(params=YEARS)
def year(request: pytest.FixtureRequest) -> str:
    return request.param


def load(root: Path, kind: str, year: str) -> dict:
    return json.loads((root / "coco" / "annotations" / f"{kind}_{year}.json").read_text())


def test_every_listed_picture_is_there(root: Path, year: str):
    for kind in ("panoptic", "instances", "person_keypoints"):
        images = load(root, kind, year)["images"]
        assert len(images) == 4
        for image in images:
            with Image.open(root / "coco" / year / image["file_name"]) as picture:
                assert picture.size == (image["width"], image["height"]) == (200, 150)
            assert int(Path(image["file_name"]).stem) == image["id"]


def test_pictures_of_the_released_prompts_are_in_the_training_set(root: Path):
    ids = [image["id"] for image in load(root, "panoptic", "train2017")["images"]]
    assert ids == [391460, 165, 466730, 9]
    people = load(root, "person_keypoints", "train2017")["annotations"]
    assert any(p["image_id"] == 165 and p["num_keypoints"] > 8 for p in people)


def test_segments_of_the_pngs_match_the_json(root: Path, year: str):
    content = load(root, "panoptic", year)
    crowds = 0
    for entry in content["annotations"]:
        path = root / "coco" / "annotations" / f"panoptic_{year}" / entry["file_name"]
        ids = np.array(Image.open(path)).astype(int) @ (1, 256, 65536)
        assert set(np.unique(ids)) == {0, *(s["id"] for s in entry["segments_info"])}
        for segment in entry["segments_info"]:
            rows, columns = np.nonzero(ids == segment["id"])
            x, y, width, height = segment["bbox"]
            assert segment["area"] == len(rows)
            assert (x, y) == (columns.min(), rows.min())
            assert (x + width, y + height) == (columns.max() + 1, rows.max() + 1)
            crowds += segment["iscrowd"]
    assert crowds >= 1


def test_instances_lie_on_the_segments_of_their_category(root: Path, year: str):
    instances = COCO(str(root / "coco" / "annotations" / f"instances_{year}.json"))
    panoptic = {entry["image_id"]: entry for entry in load(root, "panoptic", year)["annotations"]}
    kinds = set()
    for annotation in instances.dataset["annotations"]:
        mask = instances.annToMask(annotation).astype(bool)
        assert annotation["area"] == pytest.approx(mask.sum(), rel=0.1)
        kinds.add((annotation["iscrowd"], type(annotation["segmentation"])))
        entry = panoptic[annotation["image_id"]]
        path = root / "coco" / "annotations" / f"panoptic_{year}" / entry["file_name"]
        ids = np.array(Image.open(path)).astype(int) @ (1, 256, 65536)
        same = [
            (s["category_id"], s["iscrowd"])
            for s in entry["segments_info"]
            if (mask & (ids == s["id"])).sum() > 0.6 * s["area"]
        ]
        assert (annotation["category_id"], annotation["iscrowd"]) in same
    assert {(0, list), (1, dict)} <= kinds


def test_people_are_the_instances_of_their_category(root: Path, year: str):
    people = {p["id"]: p for p in load(root, "person_keypoints", year)["annotations"]}
    instances = load(root, "instances", year)["annotations"]
    assert {a["id"] for a in instances if a["category_id"] == 1} == set(people)
    assert all("keypoints" not in a for a in instances)
    for person in people.values():
        points = np.reshape(person["keypoints"], (17, 3))
        assert (points[:, 2] > 0).sum() == person["num_keypoints"]
        assert not points[points[:, 2] == 0].any()
        assert points[:, :2].max() < 200


def test_ids_are_unique_over_both_sets(root: Path):
    contents = [load(root, "instances", year) for year in YEARS]
    for key in ("images", "annotations"):
        ids = [entry["id"] for content in contents for entry in content[key]]
        assert len(set(ids)) == len(ids)


def test_detections_are_of_val(root: Path):
    folder = root / "coco_pose" / "person_detection_results"
    found = json.loads((folder / "COCO_val2017_detections_AP_H_56_person.json").read_text())
    ids = {image["id"] for image in load(root, "instances", "val2017")["images"]}
    assert {box["image_id"] for box in found} <= ids
    people = load(root, "person_keypoints", "val2017")["annotations"]
    assert len(found) >= sum(not person["iscrowd"] for person in people) > 0
    assert set(found[0]) == {"bbox", "category_id", "image_id", "score"}


def test_one_picture_in_seven_is_grey(tmp_path: Path):
    options = LayoutOptions(size=(48, 64))
    outputs = tuple(tmp_path / name for name in ("a.jpg", "a.png", "a.json"))
    for index, mode in ((5, "RGB"), (6, "L")):
        layout._write(outputs, options, "test", index, 285)
        assert Image.open(outputs[0]).mode == mode


def test_ids_stay_unique_in_a_large_set():
    train, val = (layout._image_ids(split, 20_000) for split in ("train", "test"))
    assert len({*train, *val}) == 40_000


@pytest.mark.skipif(not SAMPLES, reason="needs PAINTERKIT_SAMPLES")
@pytest.mark.parametrize(
    ("file", "made"),
    [
        ("coco/annotations/panoptic_val2017.json", layout.panoptic_categories),
        ("coco/annotations/instances_val2017.json", layout.instance_categories),
        ("coco_pose/annotations/person_keypoints_val2017.json", layout.keypoint_categories),
    ],
)
def test_categories_are_the_official_ones(file: str, made):
    official = json.loads(Path(str(SAMPLES), file).read_text())["categories"]
    kept = ("id", "name", "isthing", "keypoints", "skeleton")
    own = made()
    assert [{k: c[k] for k in kept if k in c} for c in own] == [
        {k: c[k] for k in kept if k in c} for c in official
    ]
    assert [set(c) for c in own] == [set(c) for c in official]
