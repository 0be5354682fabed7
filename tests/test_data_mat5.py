"""Arrays of MATLAB files against SciPy, and files that end SciPy's process or trick a reader."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import loadmat, savemat

from painter_kit.data.mat5 import find_array, read_array

MOST = 10_000
KINDS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_every_kind_are_scipys(kind: str, compressed: bool, tmp_path: Path):
    path, rng = tmp_path / "a.mat", np.random.default_rng(1)
    held = {
        "scalar": np.array([[7]], kind),
        "small": rng.integers(0, 100, (1, 3)).astype(kind),
        "a_name_that_is_longer": rng.integers(0, 100, (4, 5, 3)).astype(kind),
        "five": rng.integers(0, 100, (2, 3, 4, 5, 3)).astype(kind),
        "none": np.zeros((0, 3), kind),
    }
    savemat(path, held, do_compression=compressed)
    for name, value in loadmat(path).items():
        if name.startswith("__"):
            continue
        found = find_array(path, name)
        assert (found.shape, np.dtype(found.kind)) == (value.shape, value.dtype)
        read = read_array(path, name, MOST)
        assert read.dtype == value.dtype
        np.testing.assert_array_equal(read, value)


def test_whole_doubles_may_be_stored_as_bytes(tmp_path: Path):
    """MATLAB does so; SciPy reads it but does not write it."""
    path = tmp_path / "a.mat"
    savemat(path, {"a": np.array([[1, 2, 3]], np.uint8)})
    content = bytearray(path.read_bytes())
    content[128 + 8 + 8] = 6  # the class in the flags: double
    path.write_bytes(content)
    assert read_array(path, "a", MOST).dtype == np.float64
    np.testing.assert_array_equal(read_array(path, "a", MOST), loadmat(path)["a"])


def test_the_order_of_bytes_is_told(tmp_path: Path):
    """A file written by hand as a big-endian machine writes it."""
    numbers = struct.pack(">3d", 1.5, -2.0, 3e9)
    array = struct.pack(">IIII", 6, 8, 6, 0) + struct.pack(">IIii", 5, 8, 1, 3)
    array += struct.pack(">HH", 1, 1) + b"a\0\0\0" + struct.pack(">II", 9, 24) + numbers
    head = b"MATLAB 5.0".ljust(124) + struct.pack(">H", 0x0100) + b"MI"
    path = tmp_path / "a.mat"
    path.write_bytes(head + struct.pack(">II", 14, len(array)) + array)
    np.testing.assert_array_equal(read_array(path, "a", MOST), [[1.5, -2.0, 3e9]])
    np.testing.assert_array_equal(loadmat(path)["a"], [[1.5, -2.0, 3e9]])


@pytest.mark.parametrize(
    "value",
    ["text", {"b": 1}, np.array([1, "a"], object), np.array([[1 + 2j]]), np.array([[True]])],
)
def test_what_is_no_array_of_numbers_is_refused(value: object, tmp_path: Path):
    savemat(tmp_path / "a.mat", {"a": value})
    if isinstance(value, np.ndarray) and value.dtype == bool:  # logical, stored as bytes
        assert read_array(tmp_path / "a.mat", "a", MOST).tolist() == [[1]]
        return
    with pytest.raises(ValueError, match="no array of real numbers"):
        read_array(tmp_path / "a.mat", "a", MOST)


def test_missing_and_large_ones_are_refused(tmp_path: Path):
    path = tmp_path / "a.mat"
    savemat(path, {"a": np.zeros((200, 200), np.uint8)}, do_compression=True)
    with pytest.raises(KeyError, match="b"):
        find_array(path, "b")
    with pytest.raises(ValueError, match="more than 10000 bytes"):
        read_array(path, "a", MOST)
    path.write_bytes(b"not a MATLAB file" * 20)
    with pytest.raises(ValueError, match="no MATLAB file"):
        find_array(path, "a")


@pytest.mark.parametrize("compressed", [False, True])
def test_every_cut_is_noticed(compressed: bool, tmp_path: Path):
    path = tmp_path / "a.mat"
    savemat(path, {"a": np.arange(60, dtype=np.uint8).reshape(3, 20)}, do_compression=compressed)
    whole = path.read_bytes()
    for length in range(len(whole) - 4):
        path.write_bytes(whole[:length])
        with pytest.raises((ValueError, KeyError)):
            read_array(path, "a", MOST)


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_is_read_or_refused(data: st.DataObject, tmp_path: Path):
    path = tmp_path / "a.mat"
    numbers = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
    savemat(path, {"b": np.ones(3), "a": numbers}, do_compression=data.draw(st.booleans()))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        read = read_array(path, "a", MOST)
    except (ValueError, KeyError):
        return
    assert read.nbytes <= MOST
