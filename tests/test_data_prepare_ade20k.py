"""From the written world and the real samples to painted and index maps."""

import logging
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.ade20k import Ade20kData, open_ade20k
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pairs import PairEntry, read_pair_list
from painter_kit.data.pictures import picture_mode, write_png
from painter_kit.data.prepare.ade20k import STEPS, check
from painter_kit.data.prepare.base import Finding, PrepareOptions
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task
from tests.preparing import prepare_all
from tests.samples import copy_samples

COUNT = 2
SEMANTIC, SPEC = get_task("semantic"), Ade20kData(None).spec("semantic")
PAINTED, INDEX = "ade20k/annotations_with_color", "ade20k/annotations_detectron2"
LISTS = [f"ade20k/ade20k_{split}_image_semantic.json" for split in ("training", "validation")]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    write_layout(get_layout("ade20k"), root, LayoutOptions(COUNT, size=(90, 120)))
    assert prepare_all(STEPS, root) == (4 * COUNT, LISTS)
    return root


@pytest.fixture
def root(tmp_path: Path, world: Path) -> Path:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_lists_name_pictures_and_their_painted_maps(world: Path):
    names = {"training": (9574, 14165), "validation": (1, 2)}
    short = {"training": "train", "validation": "val"}
    for path, (split, numbers) in zip(LISTS, names.items(), strict=True):
        stems = [f"{split}/ADE_{short[split]}_{number:08d}" for number in numbers]
        assert read_pair_list(world / path) == [
            PairEntry(f"ade20k/images/{stem}.jpg", f"{PAINTED}/{stem}.png", "ade20k_image2semantic")
            for stem in stems
        ]


@pytest.mark.parametrize("subset", ["train", "test"])
def test_painted_files_are_the_encoded_truth(world: Path, subset: str):
    split = {"train": "training", "test": "validation"}[subset]
    for example in open_ade20k("", world).examples("semantic", subset):
        path = world / PAINTED / split / f"{example.id}.png"
        painted = np.asarray(Image.open(path))
        assert picture_mode(path) == "RGB"
        np.testing.assert_array_equal(
            painted, SEMANTIC.encode(example.truth, SPEC, painted.shape[:2])
        )
        # By the formula, from the annotation itself.
        numbers = np.asarray(Image.open(world / f"ade20k/annotations/{split}/{example.id}.png"))
        c = numbers.astype(int) - 1
        colours = [255 - 42 * (c // 36), 255 - 42 * (c % 36 // 6), 255 - 42 * (c % 6)]
        expected = np.where((numbers > 0)[..., None], np.stack(colours, axis=-1), 0)
        np.testing.assert_array_equal(painted, expected)
        index = world / INDEX / split / f"{example.id}.png"
        assert picture_mode(index) == "L"
        np.testing.assert_array_equal(np.asarray(Image.open(index)), numbers - np.uint8(1))


def test_a_second_run_makes_only_what_is_missing(world: Path):
    path = world / PAINTED / "validation/ADE_val_00000002.png"
    before = path.read_bytes()
    path.unlink()
    assert prepare_all(STEPS, world) == (1, LISTS)
    assert path.read_bytes() == before
    assert prepare_all(STEPS, world)[0] == 0


def test_items_travel_to_other_processes(world: Path):
    for item in STEPS[0].items(world, PrepareOptions()):
        pickle.loads(pickle.dumps(item.make))()


def test_validation_alone_is_prepared(root: Path, caplog: pytest.LogCaptureFixture):
    for name in ("images", "annotations", "annotations_with_color", "annotations_detectron2"):
        shutil.rmtree(root / "ade20k" / name / "training")
    shutil.rmtree(root / PAINTED)
    with caplog.at_level(logging.WARNING):
        assert prepare_all(STEPS, root) == (COUNT, LISTS[1:])
    assert "annotations/training holds no PNG, so training is left out" in caplog.text
    assert "validation is left out" not in caplog.text


def test_pictures_that_are_not_there_are_not_listed(root: Path):
    (root / "ade20k/images/validation/ADE_val_00000001.jpg").unlink()
    assert prepare_all(STEPS, root) == (0, LISTS)
    assert len(read_pair_list(root / LISTS[1])) == COUNT - 1


def test_broken_annotations_stop_no_other(root: Path):
    shutil.rmtree(root / PAINTED)
    path = root / "ade20k/annotations/training/ADE_train_00009574.png"
    write_png(path, np.full((90, 120), 151, np.uint8))
    with pytest.raises(InputError, match=r"1 of 4 could not .*ADE_train_00009574\.png holds 151"):
        prepare_all(STEPS, root)
    assert len(list((root / PAINTED).rglob("*.png"))) == 3
    shutil.rmtree(root / "ade20k/annotations")
    shutil.rmtree(root / INDEX)
    with pytest.raises(InputError, match=r"annotations holds no PNG .*; unpack ADEChallengeData"):
        prepare_all(STEPS, root)


@pytest.mark.parametrize("deep", [False, True])
def test_counts_are_compared_with_the_published_ones(world: Path, deep: bool):
    published = {"training": 20_210, "validation": 2_000}
    assert check(world, deep) == [
        Finding(
            f"ade20k/{name}/{split}", COUNT, count if name in ("images", "annotations") else None
        )
        for split, count in published.items()
        for name in ("images", "annotations", "annotations_detectron2", "annotations_with_color")
    ]


def test_nothing_there(tmp_path: Path):
    assert [f.missing for f in check(tmp_path, True)] == [("ade20k",)]
    (tmp_path / "ade20k").mkdir()
    found = {f.part: f for f in check(tmp_path, True)}
    assert found["ade20k/images/training"].missing == ("ade20k/images/training",)
    assert found["ade20k/annotations/validation"].note == "unpack ADEChallengeData2016 there"
    assert found["ade20k/annotations_with_color/training"].whole  # nothing that evaluation needs


def test_a_deep_check_compares_every_file_with_its_annotation(root: Path):
    stem = "validation/ADE_val_00000001"
    small, other = np.zeros((9, 12), np.uint8), np.zeros((90, 120), np.uint8)
    write_png(root / f"ade20k/annotations/{stem}.png", small)
    stem = "training/ADE_train_00009574"
    write_png(root / f"{INDEX}/{stem}.png", other)
    write_png(root / f"{PAINTED}/{stem}.png", np.stack([other] * 3, axis=-1))
    (root / "ade20k/images/training/ADE_train_00014165.jpg").write_bytes(b"no picture")
    assert not any(f.broken for f in check(root, False))
    broken = {f.part.removeprefix("ade20k/"): f.broken for f in check(root, True)}
    val = tuple(
        f"ade20k/{name}/validation/ADE_val_00000001.png"
        for name in ("annotations", "annotations_detectron2", "annotations_with_color")
    )
    assert broken["annotations/validation"] == val[:1]
    assert broken["annotations_detectron2/validation"] == val[1:2]
    assert broken["annotations_with_color/validation"] == val[2:]
    assert broken["annotations_detectron2/training"] == (f"{INDEX}/{stem}.png",)
    assert broken["annotations_with_color/training"] == (f"{PAINTED}/{stem}.png",)
    assert broken["images/training"] == ("ade20k/images/training/ADE_train_00014165.jpg",)
    assert broken["images/validation"] == ()


def test_missing_partners_are_named(root: Path):
    (root / "ade20k/annotations/validation/ADE_val_00000001.png").unlink()
    (root / "ade20k/images/validation/ADE_val_00000002.jpg").unlink()
    found = {f.part: f for f in check(root, False)}
    assert found["ade20k/annotations/validation"].missing == (
        "ade20k/annotations/validation/ADE_val_00000001.png",
    )
    assert found["ade20k/images/validation"].missing == (
        "ade20k/images/validation/ADE_val_00000002.jpg",
    )


def test_index_maps_that_other_tools_made_stand_for_annotations(root: Path):
    shutil.rmtree(root / "ade20k/annotations")
    shutil.rmtree(root / PAINTED)
    assert prepare_all(STEPS, root) == (2 * COUNT, LISTS)
    parts = {f.part: f for f in check(root, True)}
    assert parts[f"{INDEX}/validation"] == Finding(f"{INDEX}/validation", COUNT, 2_000)
    assert "ade20k/annotations/validation" not in parts
    assert not any(f.missing or f.broken for f in parts.values())


def test_real_samples(tmp_path: Path):
    copy_samples("ade20k", tmp_path)
    assert prepare_all(STEPS, tmp_path) == (4, LISTS[1:])
    entries = read_pair_list(tmp_path / LISTS[1])
    for example, entry in zip(
        open_ade20k("", tmp_path).examples("semantic", "test"), entries, strict=True
    ):
        painted = np.asarray(Image.open(tmp_path / entry.target_path))
        np.testing.assert_array_equal(
            painted, SEMANTIC.encode(example.truth, SPEC, painted.shape[:2])
        )
        labels = SEMANTIC.decode(painted / 255, SPEC, painted.shape[:2])
        named = example.truth["labels"] != 255
        np.testing.assert_array_equal(labels[named], example.truth["labels"][named])
    assert not any(f.broken for f in check(tmp_path, True))
