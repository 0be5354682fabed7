import os
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.specs import restoration_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.kept.sidd import BlockArray, is_block, place_of
from painter_kit.types import Example

SPEC = restoration_spec("sidd", "denoise")
NAMES = [f"{scene}_{block}" for scene in (1, 2, 3) for block in (1, 2)]
BLOCK = (4, 4, 3)


def example(name: str) -> Example:
    return Example(name, name, np.zeros(BLOCK, np.uint8), {})


def block(name: str) -> np.ndarray:
    return np.random.default_rng(place_of(name)).random(BLOCK).astype(np.float32)


def keep(files: BlockArray, *names: str) -> None:
    for name in names:
        files.keep(example(name), block(name), block(name), SPEC)


def test_names_of_blocks():
    assert is_block("40_32")
    assert not any(map(is_block, ("test/000001", "9_33", "41_1", "0_3")))
    assert place_of("40_32") == (39, 31)
    with pytest.raises(InputError, match="no block of SIDD"):
        place_of("x_1")


def test_blocks_go_to_their_places_and_stay(tmp_path: Path):
    files = BlockArray(tmp_path, NAMES)
    assert not any(map(files.has, NAMES))
    keep(files, "3_2", "1_1")
    again = BlockArray(tmp_path, NAMES)  # as after a process that was killed
    assert [name for name in NAMES if again.has(name)] == ["1_1", "3_2"]
    keep(again, "2_1")
    (path,) = again.finish(NAMES)
    array = np.load(path)
    assert (array.dtype, array.shape) == (np.float32, (3, 2, *BLOCK))
    for name in ("1_1", "2_1", "3_2"):
        np.testing.assert_array_equal(array[place_of(name)], block(name))
    assert not array[0, 1].any()


def test_a_pipe_in_the_place_of_the_array_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "kept.npy")
    with pytest.raises(InputError, match="no regular file"):
        BlockArray(tmp_path, NAMES)


def test_arrays_of_other_shapes_are_refused(tmp_path: Path):
    keep(BlockArray(tmp_path, NAMES), "1_1")
    with pytest.raises(InputError, match="has room for"):
        BlockArray(tmp_path, [*NAMES, "4_1"])
    files = BlockArray(tmp_path, NAMES)
    with pytest.raises(InputError, match="has room for"):
        files.keep(example("1_2"), block("1_2"), np.zeros((5, 4, 3), np.float32), SPEC)
    keep(files, "1_2")
    with pytest.raises(InputError, match="blocks of SIDD have one size"):
        files.keep(example("1_2"), block("1_2"), np.zeros((5, 4, 3), np.float32), SPEC)
