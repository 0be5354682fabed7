"""Arrays of an HDF5 file, and files that lead elsewhere."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from painter_kit.data.hdf5 import own_array

SECRET = np.arange(48, dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = SECRET
    SECRET.tofile(tmp_path / "secret")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["own"] = np.ones(3)
        file.create_group("group")
        file["link"] = h5py.SoftLink("/own")
        file["away"] = h5py.ExternalLink("other.h5", "/a")
        file.create_dataset("raw", (48,), "u1", external=[(str(tmp_path / "secret"), 0, 48)])
        layout = h5py.VirtualLayout((48,), "u1")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "a", (48,))
        file.create_virtual_dataset("virtual", layout)
    return tmp_path / "data.h5"


@pytest.mark.parametrize("name", ["own", "link"])
def test_what_is_in_the_file_is_read(name: str, path: Path):
    with h5py.File(path) as file:
        np.testing.assert_array_equal(own_array(file, name)[()], np.ones(3))


@pytest.mark.parametrize("name", ["away", "raw", "virtual"])
def test_what_is_elsewhere_is_refused(name: str, path: Path):
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file[name][()], SECRET)  # h5py alone shows it
        with pytest.raises(ValueError, match="another file"):
            own_array(file, name)


def test_what_is_no_array_is_refused(path: Path):
    with h5py.File(path) as file:
        with pytest.raises(ValueError, match="no array"):
            own_array(file, "group")
        with pytest.raises(KeyError):
            own_array(file, "nothing")
