import struct

import numpy as np
import pytest

from painter_kit.evaluation.levels import from_levels, pack_levels, to_levels, unpack_levels
from painter_kit.tasks.colors import painted_colours


def test_every_level_comes_back():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (to_levels(from_levels(levels)) == levels).all()
    assert from_levels(levels).dtype == np.float32


def test_a_level_is_within_half_a_step_of_what_was_painted():
    painted = np.random.default_rng(0).random((9, 8, 3)).astype(np.float32)
    assert np.abs(from_levels(to_levels(painted)) - painted).max() <= 0.5 / 255 + 1e-6
    outside = np.array([-0.3, 1.7], np.float32)
    assert to_levels(outside).tolist() == [0, 255]


@pytest.mark.parametrize(("size", "how"), [((8, 8), "bilinear"), ((13, 5), "nearest")])
def test_truncating_protocols_read_the_same_colours(size, how):
    painted = np.random.default_rng(1).normal(0.5, 0.4, (8, 8, 3)).astype(np.float32)
    kept = from_levels(to_levels(painted))
    expected = painted_colours(painted, size, how, "truncate")
    np.testing.assert_array_equal(painted_colours(kept, size, how, "truncate"), expected)


@pytest.mark.parametrize("shape", [(4, 4, 3), (2, 4, 4, 3), (0, 0, 0, 3)])
def test_bytes_keep_shape_and_levels(shape):
    levels = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    again = unpack_levels(pack_levels(levels))
    assert again.shape == shape
    assert (again == levels).all()


def test_smooth_pictures_take_less_room():
    ramp = np.repeat(np.arange(64, dtype=np.uint8), 64 * 3).reshape(64, 64, 3)
    assert len(pack_levels(ramp)) < ramp.nbytes / 20


def test_what_is_cut_is_noticed():
    blob = pack_levels(np.ones((4, 4, 3), np.uint8))
    for broken in (blob[:-3], blob[:5], b"", b"\x03" + blob[1:13]):
        with pytest.raises((ValueError, struct.error)):
            unpack_levels(broken)


def test_swollen_outputs_are_not_unpacked():
    import zlib

    bomb = struct.pack("<B3I", 3, 2, 2, 3) + zlib.compress(bytes(2**24), 9)
    with pytest.raises(ValueError, match="reshape"):
        unpack_levels(bomb)
    with pytest.raises(ValueError, match="no size"):
        unpack_levels(struct.pack("<B3I", 3, 2**16, 2**16, 3) + zlib.compress(b""))
