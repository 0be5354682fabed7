import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import loadmat

from painter_kit.data.layouts.nyuv2_labeled import write_labeled, write_splits

SAMPLES = os.environ.get("PAINTERKIT_SAMPLES")
SIZE = (6, 8)


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{i}.npz" for i in range(2)]
    for path in paths:
        image = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
        depth = rng.random(SIZE, dtype=np.float32)
        np.savez(path, image=image, depth=depth, raw=depth * (depth > 0.5))
    return paths


def test_arrays_come_back_with_their_axes_reversed(tmp_path: Path, parts: list[Path]):
    write_labeled(tmp_path / "labeled.mat", parts, ["office", "study_room"], ["a_1", "b_2"])
    with h5py.File(tmp_path / "labeled.mat") as file:
        for number, part in enumerate(parts):
            with np.load(part) as arrays:
                image, depth, raw = (arrays[k] for k in ("image", "depth", "raw"))
            np.testing.assert_array_equal(file["images"][number].transpose(2, 1, 0), image)
            np.testing.assert_array_equal(file["depths"][number].T, depth)
            np.testing.assert_array_equal(file["rawDepths"][number].T, raw)
        codes = file[file["sceneTypes"][0, 1]]
        assert codes.dtype == np.uint16
        assert bytes(codes[:, 0].astype(np.uint8)) == b"study_room"
        scene = file[file["scenes"][0, 1]]
        assert bytes(scene[:, 0].astype(np.uint8)) == b"b_2"


@pytest.mark.skipif(not SAMPLES, reason="needs PAINTERKIT_SAMPLES")
def test_the_file_looks_like_the_official_one(tmp_path: Path, parts: list[Path]):
    write_labeled(tmp_path / "labeled.mat", parts, ["office", "kitchen"], ["a_1", "b_2"])
    official = Path(str(SAMPLES), "nyu_depth_v2", "nyu_depth_v2_labeled.mat")
    with h5py.File(tmp_path / "labeled.mat") as own, h5py.File(official) as other:
        assert set(own) == {*other, "scenes"}  # the sample is cut down to what has a use
        for name in ("images", "depths", "rawDepths", "sceneTypes"):
            assert own[name].ndim == other[name].ndim
            assert own[name].dtype == other[name].dtype
            assert own[name].attrs["MATLAB_class"] == other[name].attrs["MATLAB_class"]
        reference = other[other["sceneTypes"][0, 0]]
        assert own[own["sceneTypes"][0, 1]][...].tolist() == reference[...].tolist()


def test_splits_are_columns_of_numbers_from_one(tmp_path: Path):
    write_splits(tmp_path / "splits.mat", [False, True, True])
    found = loadmat(tmp_path / "splits.mat")
    assert found["trainNdxs"].tolist() == [[2], [3]]
    assert found["testNdxs"].tolist() == [[1]]
    assert found["trainNdxs"].dtype == np.uint16
