import os
import shutil
from pathlib import Path

import pytest

from painter_kit.data.coco_people import detections_file, people_file
from painter_kit.data.layouts import coco as layout
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.prepare.base import Finding, PrepareOptions, run_items
from painter_kit.data.prepare.coco_pose import STEPS
from painter_kit.data.prepare.coco_pose_check import check
from painter_kit.data.prepare.table import get_preparation

DETECTIONS = "coco_pose/person_detection_results/COCO_val2017_detections_AP_H_56_person.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_layout(layout.LAYOUT, tmp_path, LayoutOptions(count=2, size=(64, 96)))
    return tmp_path


def found(root: Path, deep: bool = False) -> dict[str, Finding]:
    return {finding.part: finding for finding in check(root, deep)}


def test_what_is_there_is_counted(root: Path):
    run_items(STEPS[0].items(root, PrepareOptions(copies=1)))
    findings = found(root)
    annotations = findings["coco/annotations/person_keypoints_train2017.json"]
    assert (annotations.present, annotations.expected) == (2, 118_287)
    assert not annotations.whole
    detections = findings[DETECTIONS]
    assert detections.present > 0
    assert detections.expected == 104_125
    assert "commonly reported" in detections.note
    copies = findings["coco_pose/data_pair/train_256x192_aug0"]
    assert copies.whole
    assert copies.present % 2 == 0


def test_what_is_missing_or_broken_is_named(root: Path):
    people_file(root, "val2017").unlink()
    people_file(root, "train2017").write_text("{")
    detections_file(root).write_text("{")
    findings = found(root)
    val = findings["coco/annotations/person_keypoints_val2017.json"]
    assert val.missing == (val.part,)
    train = findings["coco/annotations/person_keypoints_train2017.json"]
    assert train.broken == (train.part,)
    assert findings[DETECTIONS].broken == (DETECTIONS,)
    detections_file(root).unlink()
    assert found(root)[DETECTIONS].missing == (DETECTIONS,)


def test_a_broken_crop_is_found_when_it_is_opened(root: Path):
    run_items(STEPS[0].items(root, PrepareOptions(copies=1)))
    path = next((root / "coco_pose" / "data_pair" / "val_256x192").glob("*_image.png"))
    path.write_bytes(b"no picture")
    part = "coco_pose/data_pair/val_256x192"
    assert found(root)[part].broken == ()
    assert found(root, deep=True)[part].broken == (path.relative_to(root).as_posix(),)


def test_keypoints_are_part_of_coco(root: Path):
    parts = [finding.part for finding in get_preparation("coco").check(root, False)]
    assert DETECTIONS in parts
    assert "keypoints" in [step.name for step in get_preparation("coco").steps]


@pytest.mark.skipif("PAINTERKIT_SAMPLES" not in os.environ, reason="PAINTERKIT_SAMPLES is not set")
def test_pictures_of_their_own_folder(tmp_path: Path):
    shutil.copytree(Path(os.environ["PAINTERKIT_SAMPLES"]) / "coco_pose", tmp_path / "coco_pose")
    findings = found(tmp_path, deep=True)
    pictures = findings["coco_pose/val2017"]
    assert (pictures.present, pictures.missing, pictures.broken) == (5, (), ())
    assert findings[DETECTIONS].present == 59
