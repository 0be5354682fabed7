"""The MATLAB files of NYU Depth v2: HDF5 for the labelled pictures, version 5 for the splits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from painter_kit.files import atomic


def write_labeled(path: Path, parts: Sequence[Path], types: Sequence[str]) -> None:
    """``nyu_depth_v2_labeled.mat`` from one part per picture.

    A part holds ``image`` uint8 (H, W, 3), ``depth`` and ``raw`` float32 (H, W) in metres; N is
    their number. The file holds what MATLAB saves of column-major arrays: ``images`` (N, 3, W, H),
    ``depths`` and ``rawDepths`` (N, W, H), ``sceneTypes`` (1, N) references to texts.
    """
    import h5py

    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for number, part in enumerate(parts):
            with np.load(part) as arrays:
                columns = {
                    "images": arrays["image"].transpose(2, 1, 0),
                    "depths": arrays["depth"].T,
                    "rawDepths": arrays["raw"].T,
                }
            for name, values in columns.items():
                if number == 0:
                    _make(file, name, (len(parts), *values.shape), values.dtype)
                file[name][number] = values
        _write_texts(file, "sceneTypes", types)


_MATLAB_CLASS = {"uint8": "uint8", "float32": "single"}


def _make(file, name: str, shape: tuple[int, ...], dtype: np.dtype) -> None:  # noqa: ANN001
    made = file.create_dataset(
        name, shape, dtype, chunks=(1, *shape[1:]), compression="gzip", compression_opts=1
    )
    made.attrs["MATLAB_class"] = np.bytes_(_MATLAB_CLASS[dtype.name])


def _write_texts(file, name: str, texts: Sequence[str]) -> None:  # noqa: ANN001
    """A MATLAB cell row of texts: references to arrays (length, 1) of character codes."""
    import h5py

    cell = file.create_dataset(name, (1, len(texts)), h5py.ref_dtype)
    cell.attrs["MATLAB_class"] = np.bytes_("cell")
    for number, text in enumerate(texts):
        codes = np.frombuffer(text.encode("utf-16-le"), np.uint16)[:, None]
        held = file.create_dataset(f"#refs#/{number}", data=codes)
        held.attrs["MATLAB_class"] = np.bytes_("char")
        cell[0, number] = held.ref


def write_splits(path: Path, train: Sequence[bool]) -> None:
    """``splits.mat``: numbers of the training and the test entries, counted from 1."""
    from scipy.io import savemat

    numbers = np.arange(1, len(train) + 1, dtype=np.uint16)[:, None]
    chosen = np.array(train, bool)
    with atomic(path) as temporary:
        savemat(temporary, {"trainNdxs": numbers[chosen], "testNdxs": numbers[~chosen]})
