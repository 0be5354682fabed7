"""The validation blocks of SIDD: two MATLAB files, noisy and clean, 40 scenes x 32 blocks.

Arrays are uint8 (scenes, blocks, H, W, 3), 252 MB each as released. A file is compressed in one
piece, so both are read once and kept, and blocks are copied out one by one: half a gigabyte in all.
Files of MATLAB 7.3 (HDF5) hold the axes in reverse.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from painter_kit.data.hdf5 import own_array
from painter_kit.data.mat5 import find_array, read_array
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Example

NOISY_BLOCKS, CLEAN_BLOCKS = "ValidationNoisyBlocksSrgb", "ValidationGtBlocksSrgb"
SCENES, BLOCKS = 40, 32  # as released
LARGEST = 4 * SCENES * BLOCKS * 256 * 256 * 3  # bytes, four times what was released


def block_file(folder: Path, name: str) -> Path:
    """Where ``NOISY_BLOCKS`` or ``CLEAN_BLOCKS`` is: in ``folder`` or its ``val``, existing or
    not."""
    beside = folder / f"{name}.mat"
    return beside if beside.is_file() else folder / "val" / beside.name


def block_shape(path: Path) -> tuple[int, int, int, int, int]:
    """(scenes, blocks, H, W, 3) from the file's header.

    Raises ``InputError`` when the file is missing, broken or holds something else.
    """
    from h5py import File, is_hdf5

    with _reading(path):
        if is_hdf5(path):
            with File(path) as file:
                array = own_array(file, path.stem)
                shape, kind = array.shape[::-1], str(array.dtype)
        else:
            found = find_array(path, path.stem)
            shape, kind = found.shape, np.dtype(found.kind).name
    if len(shape) != 5 or shape[-1] != 3 or kind != "uint8" or not 0 < math.prod(shape) <= LARGEST:
        raise InputError(
            f"{path} holds {kind} {shape}; expected uint8 (scenes, blocks, H, W, 3), the "
            "validation blocks of SIDD's sRGB pictures"
        )
    return shape


def read_blocks(path: Path) -> npt.NDArray[np.uint8]:
    """uint8 (scenes, blocks, H, W, 3), kept for the next call.

    Raises ``InputError`` as ``block_shape`` does.
    """
    with _reading(path):
        status = path.stat()
    return _blocks(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=2)  # the noisy and the clean file
def _blocks(path: Path, stamp: tuple[int, int]) -> npt.NDArray[np.uint8]:
    from h5py import File, is_hdf5

    block_shape(path)
    with _reading(path):
        if is_hdf5(path):
            with File(path) as file:
                return own_array(file, path.stem)[()].T
        return read_array(path, path.stem, LARGEST).astype(np.uint8, copy=False)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn every way in which a MATLAB file can be broken into an ``InputError``."""
    if not path.is_file():
        raise MissingError(
            f"{path} does not exist; get SIDD's validation blocks and put them there"
        )
    try:
        yield
    except KeyError as error:
        raise InputError(f"{path} holds no array {path.stem}; get the file anew") from error
    except InputError:
        raise
    except Exception as error:  # HDF5's own checks are few
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} cannot be read ({reason}); get the file anew") from error


@dataclass(frozen=True)
class BlockExamples:
    """The blocks of two files, scene by scene; ids are ``SCENE_BLOCK`` from 1, groups scenes."""

    noisy: Path
    clean: Path
    scenes: int
    blocks: int

    @property
    def ids(self) -> Sequence[str]:
        """``SCENE_BLOCK``, both from 1."""
        return [self._id(index) for index in range(len(self))]

    @property
    def groups(self) -> Sequence[str]:
        """The scene of every block, from 1."""
        return [str(index // self.blocks + 1) for index in range(len(self))]

    def __len__(self) -> int:
        return self.scenes * self.blocks

    def __getitem__(self, index: int, /) -> Example:
        scene, block = divmod(index, self.blocks)
        noisy, clean = (
            np.ascontiguousarray(read_blocks(path)[scene, block])
            for path in (self.noisy, self.clean)
        )
        return Example(self._id(index), str(scene + 1), noisy, {"clean": clean})

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))

    def _id(self, index: int) -> str:
        scene, block = divmod(index, self.blocks)
        return f"{scene + 1}_{block + 1}"


def open_blocks(folder: Path) -> BlockExamples:
    """The blocks in ``folder`` or its ``val``. Raises ``InputError`` unless both files fit."""
    noisy, clean = block_file(folder, NOISY_BLOCKS), block_file(folder, CLEAN_BLOCKS)
    shape, other = block_shape(noisy), block_shape(clean)
    if shape != other:
        raise InputError(f"{clean} holds {other} but {noisy} holds {shape}; get both anew")
    return BlockExamples(noisy, clean, *shape[:2])
