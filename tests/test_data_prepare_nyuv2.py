"""From the written world and the real samples to prepared files, pair by pair."""

import logging
import pickle
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from painter_kit.data.base import open_dataset
from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.nyuv2 import Nyuv2Data
from painter_kit.data.pairs import PairEntry, read_pair_list
from painter_kit.data.pictures import picture_mode
from painter_kit.data.prepare.base import PrepareOptions
from painter_kit.data.prepare.nyuv2 import STEPS, check, framed, millimetres
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task
from tests.preparing import prepare_all
from tests.samples import copy_samples

COUNT = 2
SPLITS = "nyu_depth_v2/official_splits"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    write_layout(get_layout("nyuv2"), root, LayoutOptions(COUNT))
    assert prepare_all(STEPS, root) == (2 * COUNT, LISTS)
    return root


LISTS = [
    "nyu_depth_v2/nyuv2_test_image_depth.json",
    "nyu_depth_v2/nyuv2_sync_image_depth.json",
]


@pytest.fixture
def root(tmp_path: Path, world: Path) -> Path:
    """The official files of the world, and nothing that was prepared."""
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / SPLITS)
    for name in LISTS:
        (tmp_path / name).unlink()
    return tmp_path


def test_names_of_pictures_and_lists(world: Path):
    files = sorted(p.relative_to(world / SPLITS).as_posix() for p in (world / SPLITS).rglob("*.*g"))
    expected = [
        f"{split}/kitchen/{kind}"
        for split, numbers in (("test", (0, 2)), ("train", (1, 3)))
        for kind in (
            *(f"rgb_{n:05d}.jpg" for n in numbers),
            *(f"sync_depth_{n:05d}.png" for n in numbers),
        )
    ]
    assert files == expected
    place = f"{SPLITS}/test/kitchen"
    assert read_pair_list(world / LISTS[0]) == [
        PairEntry(
            f"{place}/rgb_{n:05d}.jpg", f"{place}/sync_depth_{n:05d}.png", "nyuv2_image2depth"
        )
        for n in (0, 2)
    ]
    frames = read_pair_list(world / LISTS[1])
    assert [entry.image_path for entry in frames] == sorted(entry.image_path for entry in frames)
    assert frames[-1] == PairEntry(
        "nyu_depth_v2/sync/study_room_0005b/rgb_00094.jpg",
        "nyu_depth_v2/sync/study_room_0005b/sync_depth_00094.png",
        "nyuv2_image2depth",
    )


def test_depth_is_the_raw_one_cut_to_millimetres(world: Path):
    with h5py.File(world / "nyu_depth_v2/nyu_depth_v2_labeled.mat") as file:
        for number, split in enumerate(("test", "train", "test", "train")):
            path = world / SPLITS / split / "kitchen" / f"sync_depth_{number:05d}.png"
            assert picture_mode(path) == "I;16"
            raw = file["rawDepths"][number].T
            stored = np.asarray(Image.open(path))
            np.testing.assert_array_equal(stored, (raw * np.float32(1000)).astype(np.uint16))
            assert (stored == 0).any()  # the holes of the raw depth


def test_pictures_have_a_black_border_and_opencv_s_quality(world: Path):
    import cv2

    with h5py.File(world / "nyu_depth_v2/nyu_depth_v2_labeled.mat") as file:
        image = file["images"][2].transpose(2, 1, 0)
    path = world / SPLITS / "test/kitchen/rgb_00002.jpg"
    stored = np.asarray(Image.open(path))
    expected = np.zeros((480, 640, 3), np.uint8)
    expected[7:474, 7:632] = image[7:474, 7:632]
    # By another way: OpenCV's own writer in its default quality.
    cv2.imwrite(str(path.with_name("other.jpg")), expected[..., ::-1])
    assert path.read_bytes() == path.with_name("other.jpg").read_bytes()
    path.with_name("other.jpg").unlink()
    assert np.abs(stored.astype(int) - expected).mean() < 3
    assert stored[:4].max() < 16  # black but for what JPEG leaves
    assert framed(image)[[6, 7, 473, 474], 300].any(axis=1).tolist() == [False, True, True, False]
    assert framed(image)[200, [6, 7, 631, 632]].any(axis=1).tolist() == [False, True, True, False]


def test_millimetres_are_cut_in_single_precision():
    metres = np.array([[0, 0.0009, 0.001, 1.9999, 9.9995, np.nan, -1, 70, np.inf]], np.float32)
    assert millimetres(metres).tolist() == [[0, 0, 1, 1999, 9999, 0, 0, 65535, 65535]]
    assert millimetres(metres).dtype == np.uint16
    # Single precision rounds some products down to the millimetre below, others up.
    steps = np.arange(10_000, dtype=np.float32) / np.float32(1000)
    assert set(np.unique(millimetres(steps) - np.arange(10_000))) <= {0, -1}


def test_prepared_files_are_read_with_scenes(world: Path):
    examples = open_dataset("nyuv2", world).examples("depth", "test")
    assert examples.ids == ["kitchen/rgb_00000", "kitchen/rgb_00002"]
    assert examples.groups == ["kitchen_0000", "kitchen_0001"]  # of scenes.json
    spec, depth = Nyuv2Data(None).spec("depth"), get_task("depth")
    for example, entry in zip(examples, read_pair_list(world / LISTS[0]), strict=True):
        stored = np.asarray(Image.open(world / entry.target_path)).astype(np.float64)
        # What the trainer makes of the listed file: of float pictures Pillow cuts and clips.
        loaded = Image.fromarray((stored / 10_000 * 255).astype(np.float32)).convert("RGB")
        painted = depth.encode(example.truth, spec, stored.shape)
        np.testing.assert_array_equal(painted, np.asarray(loaded))


def test_a_second_run_makes_only_what_is_missing(world: Path):
    path = world / SPLITS / "test/kitchen/rgb_00002.jpg"
    before = path.read_bytes()
    path.unlink()
    assert prepare_all(STEPS, world) == (1, LISTS)
    assert path.read_bytes() == before
    assert prepare_all(STEPS, world)[0] == 0


def test_items_travel_to_other_processes(world: Path):
    for item in STEPS[0].items(world, PrepareOptions()):
        pickle.loads(pickle.dumps(item.make))()


def test_without_training_frames_the_test_split_is_made(
    root: Path, caplog: pytest.LogCaptureFixture
):
    shutil.rmtree(root / "nyu_depth_v2/sync")
    with caplog.at_level(logging.WARNING):
        assert prepare_all(STEPS, root) == (2 * COUNT, LISTS[:1])
    assert "nyu_depth_v2/sync does not exist, so training is left out" in caplog.text


def test_without_the_labelled_file_training_frames_are_listed(
    root: Path, caplog: pytest.LogCaptureFixture
):
    labeled = root / "nyu_depth_v2/nyu_depth_v2_labeled.mat"
    labeled.unlink()
    with caplog.at_level(logging.WARNING):
        assert prepare_all(STEPS, root) == (0, LISTS[1:])
    assert "labeled.mat does not exist, so the test split is left out" in caplog.text
    shutil.rmtree(root / "nyu_depth_v2/sync")
    for step in STEPS:
        with pytest.raises(InputError, match=r"does not exist, nor does .*; put at least one"):
            step.items(root, PrepareOptions())


def test_a_folder_that_other_tools_prepared_needs_no_matlab_file(world: Path, tmp_path: Path):
    shutil.copytree(world / SPLITS / "test", tmp_path / SPLITS / "test")
    assert prepare_all(STEPS, tmp_path) == (0, LISTS[:1])
    assert read_pair_list(tmp_path / LISTS[0]) == read_pair_list(world / LISTS[0])


def test_frames_without_depth_are_left_out_of_the_list(
    root: Path, caplog: pytest.LogCaptureFixture
):
    (root / "nyu_depth_v2/sync/study_room_0005b/sync_depth_00094.png").unlink()
    with caplog.at_level(logging.WARNING):
        (path,) = STEPS[1].finish(root, PrepareOptions())
    assert len(read_pair_list(path)) == COUNT - 1
    assert "1 pictures in" in caplog.text


def test_a_broken_entry_stops_no_other(root: Path):
    path = root / "nyu_depth_v2/nyu_depth_v2_labeled.mat"
    data = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        offset = file["rawDepths"].id.get_chunk_info(1).byte_offset
    data[offset : offset + 100] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"1 of 4 could not be prepared, .*labeled\.mat cannot be"):
        prepare_all(STEPS, root)
    assert len(list((root / SPLITS).rglob("rgb_*.jpg"))) == 3


@pytest.mark.parametrize("name", ["nyu_depth_v2_labeled.mat", "splits.mat"])
def test_truncated_and_missing_sources_are_named(root: Path, name: str):
    path = root / "nyu_depth_v2" / name
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=rf"{name} cannot be read"):
        prepare_all(STEPS, root)
    if name == "splits.mat":
        path.unlink()
        with pytest.raises(InputError, match=r"splits\.mat does not exist"):
            prepare_all(STEPS, root)


def test_real_samples(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    folder = copy_samples("nyu_depth_v2", tmp_path)
    with caplog.at_level(logging.WARNING):
        assert prepare_all(STEPS, tmp_path) == (1, LISTS)
    assert "labeled.mat holds 1 of the 1449 entries" in caplog.text
    assert [e.image_path.split("/", 3)[-1] for e in read_pair_list(tmp_path / LISTS[0])] == [
        *("kitchen/rgb_00000.jpg", "kitchen/rgb_00001.jpg", "office/rgb_00013.jpg")
    ]
    assert not (folder / "official_splits/scenes.json").exists()  # the sample names none
    made, given = (
        np.asarray(Image.open(folder / f"official_splits/test/kitchen/rgb_0000{n}.jpg"))
        for n in (0, 1)
    )
    for border in (np.s_[:4], np.s_[-3:], np.s_[:, :4], np.s_[:, -5:]):
        assert made[border].max() < 16
        assert given[border].max() < 16
    assert made[100:400, 100:500].mean() > 30
    assert not any(finding.broken or finding.missing for finding in check(tmp_path, True))
