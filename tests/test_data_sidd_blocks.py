"""The blocks' MATLAB files, of both kinds, whole and broken."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from painter_kit.data.sidd_blocks import (
    CLEAN_BLOCKS,
    NOISY_BLOCKS,
    block_file,
    block_shape,
    open_blocks,
    read_blocks,
)
from painter_kit.errors import InputError

NOISY = np.random.default_rng(0).integers(0, 256, (2, 3, 16, 20, 3), np.uint8)
CLEAN = np.random.default_rng(1).integers(0, 256, (2, 3, 16, 20, 3), np.uint8)


def save(path: Path, array: np.ndarray, kind: str = "5") -> Path:
    """As MATLAB does: version 7.3 is HDF5 after 512 bytes of its own, axes in reverse."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "7.3":
        with h5py.File(path, "w", userblock_size=512) as file:
            file.create_dataset(path.stem, data=array.T, compression="gzip")
    else:
        savemat(path, {path.stem: array}, do_compression=kind == "5 compressed")
    return path


@pytest.fixture(params=["5", "5 compressed", "7.3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    save(tmp_path / "val" / f"{NOISY_BLOCKS}.mat", NOISY, request.param)
    save(tmp_path / "val" / f"{CLEAN_BLOCKS}.mat", CLEAN, request.param)
    return tmp_path


def test_blocks_of_every_version(folder: Path):
    examples = open_blocks(folder)
    assert len(examples) == 6
    assert examples.ids == ["1_1", "1_2", "1_3", "2_1", "2_2", "2_3"]
    assert examples.groups == ["1", "1", "1", "2", "2", "2"]
    for example, noisy, clean in zip(
        examples, NOISY.reshape(-1, 16, 20, 3), CLEAN.reshape(-1, 16, 20, 3), strict=True
    ):
        np.testing.assert_array_equal(example.image, noisy)
        np.testing.assert_array_equal(example.truth["clean"], clean)
    assert (example.id, example.group) == ("2_3", "2")
    assert block_shape(examples.noisy) == (2, 3, 16, 20, 3)


def test_a_file_is_read_once_and_again_when_it_changes(tmp_path: Path):
    path = save(tmp_path / f"{NOISY_BLOCKS}.mat", NOISY)
    assert read_blocks(path) is read_blocks(path)
    save(path, CLEAN[:1])
    np.testing.assert_array_equal(read_blocks(path), CLEAN[:1])


def test_files_may_lie_beside_val(folder: Path):
    path = block_file(folder, NOISY_BLOCKS)
    assert path.parent.name == "val"
    path.rename(folder / path.name)
    assert block_file(folder, NOISY_BLOCKS) == folder / path.name
    assert len(open_blocks(folder)) == 6


def test_truncated_files(folder: Path):
    path = block_file(folder, NOISY_BLOCKS)
    whole = path.read_bytes()
    for share in (0.0, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(InputError, match=rf"{path.name} (cannot be read|holds no array)"):
            read_blocks(path)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (NOISY[0], r"holds uint8 \(3, 16, 20, 3\); expected uint8 \(scenes, blocks, H, W, 3\)"),
        (NOISY[..., :2], "expected uint8"),
        (NOISY.astype(np.float32), r"holds (single|float32) \(2, 3, 16, 20, 3\); expected uint8"),
    ],
)
@pytest.mark.parametrize("kind", ["5", "7.3"])
def test_other_contents_are_refused(tmp_path: Path, array: np.ndarray, words: str, kind: str):
    path = save(tmp_path / f"{NOISY_BLOCKS}.mat", array, kind)
    for read in (block_shape, read_blocks):
        with pytest.raises(InputError, match=words):
            read(path)


def test_other_files_are_refused(folder: Path, tmp_path: Path):
    path = block_file(folder, NOISY_BLOCKS)
    other = path.rename(path.with_name("other.mat"))
    with pytest.raises(InputError, match=r"holds no array other; get the file anew"):
        block_shape(other)
    with pytest.raises(InputError, match=r"NoisyBlocksSrgb.mat does not exist; get SIDD's"):
        open_blocks(folder)
    save(path, NOISY[:1])
    with pytest.raises(InputError, match=r"holds \(2, 3, .*\) but .* holds \(1, 3, .*get both"):
        open_blocks(folder)
    (tmp_path / "garbage.mat").write_bytes(bytes(range(256)) * 4)
    with pytest.raises(InputError, match=r"garbage.mat cannot be read"):
        block_shape(tmp_path / "garbage.mat")
