"""The MATLAB files of NYU Depth v2: HDF5 for the labelled pictures, version 5 for the splits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painter_kit.files import atomic

if TYPE_CHECKING:
    import h5py


def write_labeled(
    path: Path, parts: Sequence[Path], types: Sequence[str], scenes: Sequence[str]
) -> None:
    """``nyu_depth_v2_labeled.mat`` from one part per picture.

    A part holds ``image`` uint8 (H, W, 3), ``depth`` and ``raw`` float32 (H, W) in metres; N is
    their number. The file holds what MATLAB saves of column-major arrays: ``images`` (N, 3, W, H),
    ``depths``, ``rawDepths`` (N, W, H), ``sceneTypes`` and ``scenes`` (1, N) references to texts.
    """
    import h5py

    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for name, key in (("images", "image"), ("depths", "depth"), ("rawDepths", "raw")):
            _write_stack(file, name, parts, key)
        _write_texts(file, "sceneTypes", types)
        _write_texts(file, "scenes", scenes)


def _write_stack(file: h5py.File, name: str, parts: Sequence[Path], key: str) -> None:
    """The array ``key`` of every part, stacked, axes reversed as MATLAB leaves them."""
    made: h5py.Dataset | None = None
    for number, part in enumerate(parts):
        with np.load(part) as arrays:
            values = arrays[key].T
        if made is None:
            shape = (len(parts), *values.shape)
            made = file.create_dataset(
                name, shape, values.dtype, chunks=(1, *values.shape), compression="gzip"
            )
            made.attrs["MATLAB_class"] = np.bytes_(_MATLAB_CLASS[values.dtype.name])
        made[number] = values


_MATLAB_CLASS = {"uint8": "uint8", "float32": "single"}


def _write_texts(file: h5py.File, name: str, texts: Sequence[str]) -> None:
    """A MATLAB cell row of texts: references to arrays (length, 1) of character codes."""
    import h5py

    cell = file.create_dataset(name, (1, len(texts)), h5py.ref_dtype)
    cell.attrs["MATLAB_class"] = np.bytes_("cell")
    for number, text in enumerate(texts):
        codes = np.frombuffer(text.encode("utf-16-le"), np.uint16)[:, None]
        held = file.create_dataset(f"#refs#/{name}{number}", data=codes)
        held.attrs["MATLAB_class"] = np.bytes_("char")
        cell[0, number] = held.ref


def write_splits(path: Path, train: Sequence[bool]) -> None:
    """``splits.mat``: numbers of the training and the test entries, counted from 1."""
    from scipy.io import savemat

    numbers = np.arange(1, len(train) + 1, dtype=np.uint16)[:, None]
    chosen = np.array(train, bool)
    with atomic(path) as temporary:
        savemat(temporary, {"trainNdxs": numbers[chosen], "testNdxs": numbers[~chosen]})
