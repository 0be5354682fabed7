"""COCO's files as the reader sees them, against pycocotools and the files themselves."""

import contextlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from painter_kit.data import coco_files as files
from painter_kit.data.coco_categories import INDEX
from painter_kit.errors import InputError
from tests.coco_roots import COUNT, SIZE, sample_folder, written_root


@pytest.fixture(scope="module", params=["world", "samples"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = written_root(tmp_path_factory) if request.param == "world" else sample_folder()
    return files.coco_folder(root)


def official(path: Path) -> dict:
    return json.loads(path.read_text())


def test_panoptic_annotations(folder: Path):
    path = files.panoptic_file(folder, files.VAL)
    content, found = official(path), files.read_panoptic(path)
    by_id = {entry["image_id"]: entry for entry in content["annotations"]}
    assert [p.image_id for p in found] == sorted(by_id)
    sizes = {image["id"]: (image["height"], image["width"]) for image in content["images"]}
    for picture in found:
        infos = by_id[picture.image_id]["segments_info"]
        assert picture.stem == f"{picture.image_id:012d}"
        assert picture.size == sizes[picture.image_id]
        assert picture.segments["id"].tolist() == [s["id"] for s in infos]
        assert picture.segments["category"].tolist() == [INDEX[s["category_id"]] for s in infos]
        assert picture.segments["crowd"].tolist() == [s["iscrowd"] == 1 for s in infos]
        painted = [INDEX[s["category_id"]] < 80 and not s["iscrowd"] for s in infos]
        assert picture.segments["instance"].tolist() == painted


def test_segments_of_a_png(folder: Path):
    for picture in files.read_panoptic(files.panoptic_file(folder, files.VAL)):
        path = files.panoptic_pngs(folder, files.VAL) / f"{picture.stem}.png"
        segments = files.read_segments(path, picture.segments)
        ids = np.array(Image.open(path)).astype(int) @ (1, 256, 65536)
        assert segments.shape == picture.size
        np.testing.assert_array_equal(np.concatenate([[0], picture.segments["id"]])[segments], ids)


def test_instances_and_their_masks_are_pycocotools(folder: Path):
    path = files.instances_file(folder, files.VAL)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    found = files.read_instances(path)
    assert [p.image_id for p in found] == sorted(coco.imgs)
    kinds = set()
    for picture in found:
        annotations = coco.imgToAnns[picture.image_id]
        masks = files.outline_masks(picture.outlines, picture.size, Path("a.jpg"))
        assert masks.shape == (len(annotations), *picture.size)
        for outline, mask, annotation in zip(picture.outlines, masks, annotations, strict=True):
            np.testing.assert_array_equal(mask, coco.annToMask(annotation).astype(bool))
            assert outline.category == INDEX[annotation["category_id"]]
            assert (outline.crowd, outline.area) == (annotation["iscrowd"], annotation["area"])
            kinds.add(type(annotation["segmentation"]))
    assert list in kinds


def test_compressed_run_lengths_are_read_too():
    from pycocotools import mask as coco_mask

    mask = np.zeros(SIZE, np.uint8)
    mask[20:50, 30:90] = 1
    shape = coco_mask.encode(np.asfortranarray(mask))
    outline = files.Outline(1, 0, False, 1800.0, shape)
    np.testing.assert_array_equal(
        files.outline_masks([outline], SIZE, Path("a.jpg"))[0], mask.astype(bool)
    )
    assert files.outline_masks([], SIZE, Path("a.jpg")).shape == (0, *SIZE)


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


IMAGE = {"id": 7, "file_name": "000000000007.jpg", "height": 4, "width": 6}
SEGMENT = {"id": 300, "category_id": 1, "area": 4, "bbox": [0, 0, 2, 2], "iscrowd": 0}


def panoptic(*segments: dict, images: object = (IMAGE,)) -> dict:
    entry = {"image_id": 7, "file_name": "000000000007.png", "segments_info": list(segments)}
    return {"images": images, "annotations": [entry]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is not as COCO 2017 has it"),
        ("[]", "no annotations"),
        ({"images": []}, "no annotations"),
        (panoptic(images=None), "Photograph"),
        (panoptic(images=[]), "lists no picture 000000000007 but annotates it"),
        (panoptic({**SEGMENT, "category_id": 12}), "no 12"),
        (panoptic({k: v for k, v in SEGMENT.items() if k != "bbox"}), "no 'bbox'"),
        ({"images": [IMAGE], "annotations": [{"id": 1}]}, "Segmented"),
    ],
)
def test_broken_panoptic_files_are_named(tmp_path: Path, content: object, reason: str):
    path = write(tmp_path / "broken.json", content)
    with pytest.raises(InputError, match=r"broken\.json") as caught:
        files.read_panoptic(path)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", [{"id": 1, "image_id": 7}, 5])
def test_broken_instance_files_are_named(tmp_path: Path, entry: object):
    path = write(tmp_path / "broken.json", {"images": [IMAGE], "annotations": [entry]})
    with pytest.raises(InputError, match=r"broken\.json is not as COCO 2017 has it \(Outline\)"):
        files.read_instances(path)


def test_flat_and_empty_things_are_not_painted(tmp_path: Path):
    segments = [
        SEGMENT,
        {**SEGMENT, "iscrowd": 1},
        {**SEGMENT, "area": 0},
        {**SEGMENT, "bbox": [0, 0, 0.5, 9]},
        {**SEGMENT, "category_id": 92},
    ]
    path = write(tmp_path / "panoptic.json", panoptic(*segments))
    found = files.read_panoptic(path)[0].segments
    assert found["instance"].tolist() == [True, False, False, False, False]


def test_a_file_is_parsed_again_only_when_it_changes(tmp_path: Path):
    path = write(tmp_path / "panoptic.json", panoptic(SEGMENT))
    first = files.read_panoptic(path)
    assert files.read_panoptic(path) is first
    write(path, panoptic(SEGMENT, {**SEGMENT, "id": 301}))
    os.utime(path, (1, 1))
    assert len(files.read_panoptic(path)[0].segments) == 2


def test_an_id_that_is_not_listed_is_refused(tmp_path: Path):
    path = tmp_path / "a.png"
    Image.fromarray(np.full((2, 2, 3), 1, np.uint8)).save(path)
    with pytest.raises(InputError, match=r"a\.png holds segment 65793 that its annotation"):
        files.read_segments(path, np.zeros(0, files.SEGMENT))


def test_missing_folders_and_files(tmp_path: Path):
    with pytest.raises(InputError, match="--data coco needs --data-root DIR"):
        files.coco_folder(None)
    with pytest.raises(InputError, match="coco does not exist; unpack COCO"):
        files.coco_folder(tmp_path)
    with pytest.raises(InputError, match=r"instances_val2017\.json does not exist"):
        files.read_instances(files.instances_file(tmp_path, files.VAL))


def test_the_written_world_has_crowds(tmp_path_factory: pytest.TempPathFactory):
    folder = files.coco_folder(written_root(tmp_path_factory))
    found = files.read_panoptic(files.panoptic_file(folder, files.TRAIN))
    assert len(found) == COUNT
    assert any(p.segments["crowd"].any() for p in found)
