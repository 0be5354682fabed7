import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.base import open_dataset
from painter_kit.data.coco_people import detections_file, people_file, read_people, true_boxes
from painter_kit.data.crops import Crop, box_crop
from painter_kit.data.layouts import coco as layout
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.pairs import read_pair_list
from painter_kit.data.pictures import read_image
from painter_kit.data.prepare.base import PrepareOptions, run_items
from painter_kit.data.prepare.coco_pose import (
    AUGMENTED,
    COPIES,
    PLAIN,
    STEPS,
    CropFiles,
    augmented,
    mirror_keypoints,
    recipe_of,
)
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task

OPTIONS = PrepareOptions(copies=3)
(STEP,) = STEPS


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(layout.LAYOUT, root, LayoutOptions(count=3, size=(120, 160)))
    return root


@pytest.fixture(scope="module")
def root(written: Path) -> Path:
    run_items(STEP.items(written, OPTIONS))
    STEP.finish(written, OPTIONS)
    return written


def pictures(root: Path, folder: str) -> list[str]:
    return sorted(p.name for p in (root / "coco_pose" / "data_pair" / folder).glob("*.png"))


def test_the_official_layout(root: Path):
    names = {p.name for p in (root / "coco_pose" / "data_pair").iterdir()}
    copies = {f"train_256x192_aug{n}" for n in range(3)}
    assert names == {*copies, "val_256x192", "test_256x192", "test_256x192_flip"}
    train = open_dataset("coco", root).examples("keypoint", "train")
    expected = sorted(f"{name}_{kind}.png" for name in train.ids for kind in ("image", "label"))
    assert pictures(root, "train_256x192_aug0") == expected
    assert pictures(root, "test_256x192") == pictures(root, "test_256x192_flip")
    boxes = json.loads(detections_file(root).read_text())
    name = f"{boxes[-1]['image_id']:012d}_box{len(boxes) - 1}_image.png"
    assert name in pictures(root, "test_256x192")
    assert len(pictures(root, "test_256x192")) == len(boxes)


def test_the_first_copy_is_what_is_read(root: Path):
    data = open_dataset("coco", root)
    folder = root / "coco_pose" / "data_pair"
    for example in data.examples("keypoint", "train"):
        stem = folder / "train_256x192_aug0" / example.id
        image, label = (read_image(Path(f"{stem}_{kind}.png")) for kind in ("image", "label"))
        np.testing.assert_array_equal(image, example.image)
        painted = get_task("keypoint").encode(example.truth, data.spec("keypoint"), (256, 192))
        np.testing.assert_array_equal(label, painted)
    test = data.examples("keypoint", "test")[1]
    crops = [name for name in pictures(root, "test_256x192") if name.startswith(test.id)]
    crops.sort(key=lambda name: int(name.split("box")[1].split("_")[0]))
    for place, name in enumerate(crops):
        for kind, folder_name in enumerate(("test_256x192", "test_256x192_flip")):
            view = read_image(folder / folder_name / name)
            np.testing.assert_array_equal(view, test.views[2 * place + kind])


def test_pair_lists_hold_relative_paths_of_files_that_exist(root: Path):
    lists = STEP.finish(root, OPTIONS)
    assert [p.name for p in lists] == [
        "coco_pose_256x192_train.json",
        "coco_pose_256x192_val.json",
    ]
    for path in lists:
        entries = read_pair_list(path)
        assert {e.type for e in entries} == {"coco_image2pose"}
        for entry in entries:
            assert (root / entry.image_path).is_file()
            assert entry.target_path == entry.image_path.replace("_image.png", "_label.png")
            assert (root / entry.target_path).is_file()
    train = len(open_dataset("coco", root).examples("keypoint", "train"))
    assert len(read_pair_list(lists[0])) == 3 * train
    first = read_pair_list(lists[0])[0].image_path
    assert first.startswith("coco_pose/data_pair/train_256x192_aug0/")


def test_what_exists_is_not_made_again_and_draws_are_keyed(root: Path, tmp_path: Path):
    assert run_items(STEP.items(root, OPTIONS)) == 0
    label = root / "coco_pose/data_pair/train_256x192_aug2/000000000165_box0_label.png"
    before = label.read_bytes()
    label.unlink()
    assert run_items(STEP.items(root, OPTIONS)) == 1
    assert label.read_bytes() == before
    plain = label.parent.with_name("train_256x192_aug0") / label.name
    assert before != plain.read_bytes()
    label.unlink()
    run_items(STEP.items(root, replace(OPTIONS, seed=1)))
    other = label.read_bytes()
    assert other != before
    label.unlink()
    run_items(STEP.items(root, OPTIONS))


def test_which_copies_are_augmented():
    assert [recipe_of(n, PrepareOptions()) for n in range(COPIES)] == [PLAIN, *[AUGMENTED] * 19]
    assert recipe_of(4, PrepareOptions(plain_copies=20)) == PLAIN
    assert recipe_of(0, PrepareOptions(plain_copies=0)) == AUGMENTED


CROP = box_crop((100.0, 50.0, 90.0, 120.0))
BODY = np.column_stack([np.linspace(110, 180, 17), np.linspace(60, 160, 17), np.full(17, 2.0)])


def draws(recipe, count: int = 4000) -> list[tuple[Crop, np.ndarray, bool]]:
    rng = np.random.default_rng(0)
    return [augmented(rng, recipe, CROP, BODY, 640) for _ in range(count)]


def test_a_plain_crop_is_left_alone():
    crop, keypoints, mirrored = draws(PLAIN, 1)[0]
    assert (crop, mirrored) == (CROP, False)
    assert keypoints is BODY


def test_each_draw_has_its_chance_and_range():
    shifted = np.array([c.centre for c, *_ in draws(replace(PLAIN, shift=0.3))]) - CROP.centre
    assert (shifted.any(axis=1)).mean() == pytest.approx(0.3, abs=0.03)
    assert (np.abs(shifted) <= 0.16 * np.array(CROP.extent)).all()
    assert np.abs(shifted[:, 1]).max() > 0.15 * CROP.extent[1]

    mirrored = draws(replace(PLAIN, flip=0.5))
    assert np.mean([m for *_, m in mirrored]) == pytest.approx(0.5, abs=0.03)
    crop, keypoints, _ = next(d for d in mirrored if d[2])
    assert crop.centre == (640 - 1 - CROP.centre[0], CROP.centre[1])
    np.testing.assert_array_equal(keypoints, mirror_keypoints(BODY, 640))

    scales = np.array([c.extent[0] / CROP.extent[0] for c, *_ in draws(replace(PLAIN, scale=0.5))])
    assert (scales.min(), scales.max()) == pytest.approx((0.5, 1.5))
    assert np.mean(scales == scales.max()) == pytest.approx(0.159, abs=0.03)

    turned = np.array([c.rotation for c, *_ in draws(replace(PLAIN, rotate=0.6))])
    assert np.mean(turned != 0) == pytest.approx(0.6, abs=0.03)
    assert np.abs(turned).max() <= 80
    assert np.std(turned[turned != 0]) == pytest.approx(39, abs=3)


def test_half_a_body_is_cropped_to_its_keypoints():
    found = {c for c, *_ in draws(replace(PLAIN, half_body=1.0), 400)}
    upper, lower = BODY[:11, :2], BODY[11:, :2]
    centres = {tuple(part.mean(axis=0).tolist()) for part in (upper, lower)}
    assert {c.centre for c in found} == centres
    for crop in found:
        part = upper if crop.centre == tuple(upper.mean(axis=0).tolist()) else lower
        width, height = np.ptp(part, axis=0)
        assert crop.extent[1] == pytest.approx(1.5 * max(height, width / 0.75))
        assert crop.extent[0] == pytest.approx(0.75 * crop.extent[1])
    share = np.mean([c.centre[1] < 100 for c, *_ in draws(replace(PLAIN, half_body=1.0))])
    assert share == pytest.approx(0.69, abs=0.03)
    few = BODY * (1, 1, 0)
    few[:8, 2] = 2
    rng = np.random.default_rng(0)
    assert augmented(rng, replace(PLAIN, half_body=1.0), CROP, few, 640)[0] == CROP
    few[8, 2] = 2  # nine of the upper body, none of the lower
    nine = {augmented(rng, replace(PLAIN, half_body=1.0), CROP, few, 640)[0] for _ in range(9)}
    assert len(nine) == 1
    assert nine != {CROP}


def test_a_mirror_swaps_sides():
    mirrored = mirror_keypoints(BODY, 640)
    assert mirrored[5].tolist() == [639 - BODY[6, 0], BODY[6, 1], 2]
    np.testing.assert_allclose(mirror_keypoints(mirrored, 640), BODY)


def test_a_crop_without_heat_is_not_saved(written: Path, tmp_path: Path):
    write_layout(layout.LAYOUT, tmp_path, LayoutOptions(count=2, size=(120, 160)))
    path = people_file(tmp_path, "train2017")
    content = json.loads(path.read_text())
    for annotation in content["annotations"]:
        if annotation["num_keypoints"]:
            annotation["keypoints"] = [5000, 5000, 2] * 17
    path.write_text(json.dumps(content))
    run_items(STEP.items(tmp_path, replace(OPTIONS, copies=1)))
    assert any(true_boxes(picture) for picture in read_people(path))
    assert pictures(tmp_path, "train_256x192_aug0") == []
    assert [p.name for p in STEP.finish(tmp_path, OPTIONS)] == ["coco_pose_256x192_val.json"]


def test_what_is_not_there_is_left_out_and_said(
    written: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(InputError, match=r"person_keypoints_val2017\.json does not exist, nor"):
        STEP.items(tmp_path, OPTIONS)
    write_layout(layout.LAYOUT, tmp_path, LayoutOptions(count=2, size=(120, 160)))
    people_file(tmp_path, "train2017").unlink()
    detections_file(tmp_path).unlink()
    with caplog.at_level(logging.WARNING):
        items = STEP.items(tmp_path, OPTIONS)
    assert {path.parent.name for item in items for path in item.outputs} == {"val_256x192"}
    assert "person_keypoints_train2017.json does not exist" in caplog.text
    assert "test crops are left out" in caplog.text


def test_files_are_named_by_copy_box_and_kind(tmp_path: Path):
    files = CropFiles(tmp_path, ("a", "b"), "0001", (0, 7))
    names = [path.relative_to(tmp_path).as_posix() for path in files]
    assert len(names) == len(set(names)) == len(files) == 8
    assert names[0] == "a/0001_box0_image.png"
    assert names[-1] == "b/0001_box7_label.png"


def test_crops_are_pictures_of_the_canvas(root: Path):
    for path in (root / "coco_pose" / "data_pair").rglob("*.png"):
        with Image.open(path) as picture:
            assert (picture.size, picture.mode) == ((192, 256), "RGB")
