from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.specs import restoration_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.kept.sidd import BlockArray, is_block, place_of
from painter_kit.types import Example

SPEC = restoration_spec("sidd", "denoise")
NAMES = [f"{scene}_{block}" for scene in range(3) for block in range(2)]
BLOCK = (4, 4, 3)


def example(name: str) -> Example:
    return Example(name, name, np.zeros(BLOCK, np.uint8), {})


def block(name: str) -> np.ndarray:
    return np.random.default_rng(place_of(name)).random(BLOCK).astype(np.float32)


def keep(files: BlockArray, *names: str) -> None:
    for name in names:
        files.keep(example(name), block(name), block(name), SPEC)


def test_names_of_blocks():
    assert is_block("39_31")
    assert not is_block("test/000001")
    assert place_of("39_31") == (39, 31)
    with pytest.raises(InputError, match="no block of SIDD"):
        place_of("x_1")


def test_blocks_go_to_their_places_and_stay(tmp_path: Path):
    files = BlockArray(tmp_path, NAMES)
    assert not any(map(files.has, NAMES))
    keep(files, "2_1", "0_0")
    again = BlockArray(tmp_path, NAMES)  # as after a process that was killed
    assert [name for name in NAMES if again.has(name)] == ["0_0", "2_1"]
    keep(again, "1_0")
    (path,) = again.finish(NAMES)
    array = np.load(path)
    assert (array.dtype, array.shape) == (np.float32, (3, 2, *BLOCK))
    for name in ("0_0", "1_0", "2_1"):
        np.testing.assert_array_equal(array[place_of(name)], block(name))
    assert not array[0, 1].any()


def test_arrays_of_other_shapes_are_refused(tmp_path: Path):
    keep(BlockArray(tmp_path, NAMES), "0_0")
    with pytest.raises(InputError, match="has room for"):
        BlockArray(tmp_path, [*NAMES, "3_0"])
    files = BlockArray(tmp_path, NAMES)
    with pytest.raises(InputError, match="has room for"):
        files.keep(example("0_1"), block("0_1"), np.zeros((5, 4, 3), np.float32), SPEC)
    keep(files, "0_1")
    with pytest.raises(InputError, match="blocks of SIDD have one size"):
        files.keep(example("0_1"), block("0_1"), np.zeros((5, 4, 3), np.float32), SPEC)
