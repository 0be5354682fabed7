"""The labelled MATLAB file against what was put into it, and broken in every way."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from painter_kit.data.layouts.nyuv2_labeled import write_labeled, write_splits
from painter_kit.data.nyuv2_labeled import LabeledEntry, read_entries, read_picture, read_splits
from painter_kit.errors import InputError
from tests.samples import copy_samples

SIZE = (480, 640)
KINDS, SCENES = ["kitchen", "home_office", "bath-room"], ["kitchen_0004", "office_0001b", "c"]


def write_parts(folder: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Three parts in ``folder``: picture and raw depth."""
    rng, made = np.random.default_rng(0), []
    for number in range(3):
        image = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
        depth = rng.random(SIZE, dtype=np.float32) * 10
        raw = np.where(depth > 1, depth, np.float32(0))
        np.savez(folder / f"{number}.npz", image=image, depth=depth, raw=raw)
        made.append((image, raw))
    return made


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, list]:
    folder = tmp_path_factory.mktemp("labeled")
    arrays = write_parts(folder)
    parts = [folder / f"{number}.npz" for number in range(3)]
    write_labeled(folder / "l.mat", parts, KINDS, SCENES)
    write_splits(folder / "s.mat", [False, True, False])
    return (folder / "l.mat").read_bytes(), (folder / "s.mat").read_bytes(), arrays


@pytest.fixture
def path(tmp_path: Path, written) -> Path:
    (tmp_path / "splits.mat").write_bytes(written[1])
    (tmp_path / "nyu_depth_v2_labeled.mat").write_bytes(written[0])
    return tmp_path / "nyu_depth_v2_labeled.mat"


def test_entries_have_split_type_and_scene(path: Path):
    splits = ["test", "train", "test"]
    rows = zip(range(3), splits, KINDS, SCENES, strict=True)
    assert read_entries(path) == tuple(LabeledEntry(*row) for row in rows)


def test_pictures_come_back_upright(path: Path, written):
    for number, (image, raw) in enumerate(written[2]):
        found, depth = read_picture(path, number)
        np.testing.assert_array_equal(found, image)
        np.testing.assert_array_equal(depth, raw)
        assert (found.dtype, depth.dtype) == (np.uint8, np.float32)
        assert found.flags.c_contiguous


def test_entries_outside_the_splits_and_scenes_that_are_not_named(path: Path):
    with h5py.File(path, "a") as file:
        del file["scenes"]
    savemat(path.with_name("splits.mat"), {"trainNdxs": [[3]], "testNdxs": [[1], [9]]})
    entries = read_entries(path)
    assert [(e.number, e.split, e.scene) for e in entries] == [(0, "test", ""), (2, "train", "")]


def test_splits_count_from_one(path: Path):
    assert read_splits(path.with_name("splits.mat")) == {0: "test", 1: "train", 2: "test"}


def test_one_picture_is_read_without_the_others(path: Path, written):
    data = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        offset = file["images"].id.get_chunk_info(1).byte_offset
    data[offset : offset + 1000] = bytes(1000)
    path.write_bytes(data)
    assert len(read_entries(path)) == 3
    np.testing.assert_array_equal(read_picture(path, 2)[0], written[2][2][0])
    with pytest.raises(InputError, match=r"nyu_depth_v2_labeled\.mat cannot be read"):
        read_picture(path, 1)


def rename(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.move("images", "pictures")


def reshape(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["images"]
        file["images"] = np.zeros((3, 480, 640, 3), np.uint8)


def escape(path: Path) -> None:
    with h5py.File(path, "a") as file:
        held = file.create_dataset("x", data=np.frombuffer("../etc".encode("utf-16-le"), "<u2"))
        file["sceneTypes"][0, 0] = held.ref


def lose_types(path: Path) -> None:
    with h5py.File(path, "a") as file:
        kept = file["sceneTypes"][:, :2]
        del file["sceneTypes"]
        file.create_dataset("sceneTypes", data=kept, dtype=h5py.ref_dtype)


def no_texts(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["sceneTypes"]
        file["sceneTypes"] = np.zeros((1, 3))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), r"labeled\.mat does not exist; get nyu_depth_v2_labeled"),
        (lambda path: path.write_bytes(path.read_bytes()[:2000]), r"labeled\.mat cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), r"cannot be read \(.*truncated"),
        (lambda path: path.write_text("<html>"), r"labeled\.mat cannot be read \(.*signature"),
        (rename, r"labeled\.mat cannot be read \(.*images"),
        (reshape, r"images has the shape \(3, 480, 640, 3\)"),
        (escape, r"holds the scene type '\.\./etc'"),
        (lose_types, "names the scenes of 2 of 3 pictures"),
        (no_texts, r"labeled\.mat cannot be read"),
    ],
)
def test_a_broken_file_is_named(path: Path, damage: Callable[[Path], object], message: str):
    damage(path)
    with pytest.raises(InputError, match=message) as error:
        read_entries(path)
    assert "\n" not in str(error.value)


def test_every_picture_has_its_depth(path: Path):
    with h5py.File(path, "a") as file:
        del file["rawDepths"]
        chunks = (244_141, 1, 1)  # each of which would be opened for one depth map
        file.create_dataset("rawDepths", (10**9, *SIZE[::-1]), np.float32, chunks=chunks)
    with pytest.raises(InputError, match="has 3 pictures but 1000000000 depth maps"):
        read_picture(path, 0)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), r"splits\.mat does not exist"),
        (lambda path: path.write_bytes(b""), r"splits\.mat cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), r"splits\.mat cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:150]), r"splits\.mat cannot be read"),
        (lambda path: path.write_text("<html>" * 99), r"splits\.mat cannot be read"),
        (lambda path: savemat(path, {"trainNdxs": [[1]]}), r"cannot be read \('testNdxs'\)"),
    ],
)
def test_broken_splits_are_named(path: Path, damage: Callable[[Path], object], message: str):
    damage(path.with_name("splits.mat"))
    with pytest.raises(InputError, match=message) as error:
        read_entries(path)
    assert "\n" not in str(error.value)


def test_the_official_files(tmp_path: Path):
    folder = copy_samples("nyu_depth_v2", tmp_path)
    splits = list(read_splits(folder / "splits.mat").values())
    assert (splits.count("train"), splits.count("test")) == (795, 654)
    path = folder / "nyu_depth_v2_labeled.mat"
    assert read_entries(path) == (LabeledEntry(0, "test", "kitchen", ""),)
    image, depth = read_picture(path, 0)
    assert image.shape == (480, 640, 3)
    assert 1 < np.median(depth) < 5
