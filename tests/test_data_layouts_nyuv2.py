from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.nyuv2 import LAYOUT
from painter_kit.data.world.scene import render_scene
from painter_kit.errors import InputError

COUNT = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(LAYOUT, root, LayoutOptions(count=COUNT))
    return root / "nyu_depth_v2"


def test_frames_are_pairs_and_the_released_prompt_is_one_of_them(folder: Path):
    frames = sorted((folder / "sync").glob("*/rgb_*.jpg"))
    assert len(frames) == COUNT
    assert folder / "sync" / "study_room_0005b" / "rgb_00094.jpg" in frames
    for frame in frames:
        with Image.open(frame) as picture:
            assert (picture.size, picture.mode) == ((640, 480), "RGB")
        with Image.open(frame.with_name(frame.stem.replace("rgb", "sync_depth") + ".png")) as depth:
            assert depth.mode.startswith("I;16")
            millimetres = np.array(depth)
        assert millimetres.shape == (480, 640)
        assert 1000 < millimetres[millimetres > 0].mean() < 9900


def test_depth_of_a_frame_is_the_scene_s_with_holes(folder: Path):
    path = folder / "sync" / "study_room_0005b" / "sync_depth_00094.png"
    metres = np.array(Image.open(path)) / 1000
    true = render_scene(0, "train", 0, (480, 640)).depth_m
    inside = np.zeros((480, 640), bool)
    inside[7:474, 7:632] = True
    assert not metres[~inside].any()
    holes = inside & (metres == 0)
    assert 0.001 < holes.sum() / inside.sum() < 0.3
    np.testing.assert_allclose(metres[metres > 0], true[metres > 0], atol=6e-4)


def test_the_labelled_file_has_matlab_s_axes(folder: Path):
    with h5py.File(folder / "nyu_depth_v2_labeled.mat") as file:
        assert file["images"].shape == (2 * COUNT, 3, 640, 480)
        assert file["images"].dtype == np.uint8
        for name in ("depths", "rawDepths"):
            assert file[name].shape == (2 * COUNT, 640, 480)
            assert file[name].dtype == np.float32
        scene = render_scene(0, "test", 0, (480, 640))
        inside = (slice(7, 474), slice(7, 632))
        image = file["images"][0].transpose(2, 1, 0)
        np.testing.assert_array_equal(image[inside], scene.image[inside])
        assert np.all(image[:7] == 255)
        np.testing.assert_array_equal(file["depths"][0].T, scene.depth_m)
        raw = file["rawDepths"][0].T
        np.testing.assert_array_equal(raw[raw > 0], scene.depth_m[raw > 0])
        assert np.mean(raw[inside] == 0) > 0.001


def test_scene_types_are_references_to_character_codes(folder: Path):
    with h5py.File(folder / "nyu_depth_v2_labeled.mat") as file:
        cell = file["sceneTypes"]
        texts = ["".join(map(chr, file[cell[0, i]][:, 0])) for i in range(2 * COUNT)]
    assert texts == ["kitchen"] * 4


def test_splits_count_from_one_and_cover_everything(folder: Path):
    splits = loadmat(folder / "splits.mat")
    test, train = splits["testNdxs"], splits["trainNdxs"]
    assert test.shape == train.shape == (COUNT, 1)
    assert test[:, 0].tolist() == [1, 3]
    assert train[:, 0].tolist() == [2, 4]


def test_training_and_test_entries_are_of_different_scenes(folder: Path):
    with h5py.File(folder / "nyu_depth_v2_labeled.mat") as file:
        second = file["images"][1].transpose(2, 1, 0)[7:474, 7:632]
    expected = render_scene(0, "train", COUNT, (480, 640)).image[7:474, 7:632]
    np.testing.assert_array_equal(second, expected)


def test_enough_scenes_for_three_splits_of_the_default_count(tmp_path: Path):
    items = LAYOUT.items(tmp_path, LayoutOptions())
    frames = [item.outputs[0] for item in items if item.outputs[0].suffix == ".jpg"]
    assert len(frames) == 8
    assert len({frame.parent for frame in frames}) == 7


def test_other_sizes_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match="480x640"):
        LAYOUT.items(tmp_path, LayoutOptions(size=(240, 320)))
    assert LAYOUT.items(tmp_path, LayoutOptions(size=(480, 640)))
