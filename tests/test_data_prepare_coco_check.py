from pathlib import Path

import pytest

from painter_kit.data.prepare.base import Finding, PrepareOptions, run_items
from painter_kit.data.prepare.coco import STEPS, check
from painter_kit.data.prepare.coco_check import PICTURES
from painter_kit.data.prepare.table import get_preparation
from tests.coco_roots import COUNT, copied_root, written_root


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_root(tmp_path_factory, written_root(tmp_path_factory))


def by_part(findings: list[Finding]) -> dict[str, Finding]:
    assert len({f.part for f in findings}) == len(findings)
    return {finding.part: finding for finding in findings}


def test_what_is_there_is_counted_beside_the_published_numbers(own: Path):
    found = by_part(check(own, deep=True))
    for split, published in PICTURES.items():
        for part in (
            f"annotations/panoptic_{split}.json",
            f"annotations/panoptic_{split}",
            split,
        ):
            finding = found[f"coco/{part}"]
            assert (finding.present, finding.expected) == (COUNT, published)
            assert finding.missing == finding.broken == ()
            assert not finding.whole
    assert found["coco/annotations/instances_val2017.json"].present == COUNT
    assert PICTURES == {"train2017": 118_287, "val2017": 5_000}


def test_prepared_files_are_optional_until_they_are_begun(own: Path):
    part = "coco/pano_sem_seg/panoptic_segm_val2017_with_color"
    assert by_part(check(own, deep=False))[part].whole
    run_items(STEPS[0].items(own, PrepareOptions())[COUNT + 1 :])  # all of val2017 but one
    finding = by_part(check(own, deep=False))[part]
    assert finding.present == COUNT - 1
    assert finding.missing == (f"{part}/000000000285.png",)
    assert "painterkit prepare coco" in finding.note


def test_missing_and_broken_files_are_named_one_by_one(own: Path):
    folder = own / "coco"
    (folder / "train2017" / "000000000009.jpg").unlink()
    (folder / "val2017" / "000000000285.jpg").write_bytes(b"no picture")
    png = folder / "annotations" / "panoptic_val2017" / "000000000301.png"
    png.write_bytes((png.parent / "000000000317.png").read_bytes())  # ids of another picture
    (folder / "annotations" / "instances_val2017.json").write_text("{")
    (folder / "annotations" / "panoptic_train2017.json").unlink()
    found = by_part(check(own, deep=True))
    assert found["coco/val2017"].broken == ("coco/val2017/000000000285.jpg",)
    assert found["coco/annotations/panoptic_val2017"].broken == (
        "coco/annotations/panoptic_val2017/000000000301.png",
    )
    broken = found["coco/annotations/instances_val2017.json"]
    assert broken.broken == (broken.part,)
    assert "is not as COCO 2017 has it" in broken.note
    missing = found["coco/annotations/panoptic_train2017.json"]
    assert missing.missing == (missing.part,)
    assert by_part(check(own, deep=False))["coco/val2017"].broken == ()


def test_a_picture_that_the_annotations_list_is_missed(own: Path):
    (own / "coco" / "train2017" / "000000000009.jpg").unlink()
    finding = by_part(check(own, deep=False))["coco/train2017"]
    assert finding.missing == ("coco/train2017/000000000009.jpg",)
    assert "unpack train2017.zip" in finding.note


def test_copies_are_opened_when_asked_for(own: Path):
    copies = own / "coco" / "pano_ca_inst" / "val_org"
    copies.mkdir(parents=True)
    (copies / "7_image_val_org.png").write_bytes(b"no picture")
    part = "coco/pano_ca_inst/val_org"
    assert by_part(check(own, deep=False))[part].broken == ()
    assert by_part(check(own, deep=True))[part].broken == (f"{part}/7_image_val_org.png",)


def test_without_the_folder(tmp_path: Path):
    (finding,) = check(tmp_path, deep=True)
    assert finding.missing == ("coco",)


def test_the_preparation_goes_by_its_name():
    preparation = get_preparation("coco")
    assert [step.name for step in preparation.steps][:3] == ["semantic", "semseg", "instances"]
    assert preparation.check is check
