"""The labelled pictures of NYU Depth v2, read one by one from their MATLAB file of 2.8 GB.

``nyu_depth_v2_labeled.mat`` is HDF5 with MATLAB's axes: ``images`` uint8 (N, 3, W, H),
``rawDepths`` float32 (N, W, H) in metres, ``sceneTypes`` and ``scenes`` (1, N) references to
texts. ``splits.mat`` (version 5) numbers the entries of either split from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from painter_kit.data.hdf5 import own_array
from painter_kit.data.mat5 import read_array
from painter_kit.errors import InputError, MissingError
from painter_kit.types import Image

if TYPE_CHECKING:
    import h5py

SIZE = (480, 640)
_KEYS = {"train": "trainNdxs", "test": "testNdxs"}
_LARGEST = 2**20  # bytes of the numbers of entries, of which there are 1449
_ADVICE = "get nyu_depth_v2_labeled.mat and splits.mat from the page of NYU Depth v2"


class LabeledEntry(NamedTuple):
    """What is known of one entry without its pictures.

    ``number`` counts from 0, ``split`` is ``train`` or ``test``, ``kind`` the type of the scene
    (bathroom), ``scene`` its name or empty where the file has none.
    """

    number: int
    split: str
    kind: str
    scene: str


def labeled_file(folder: Path) -> Path:
    """The file of all labelled pictures."""
    return folder / "nyu_depth_v2_labeled.mat"


def splits_file(folder: Path) -> Path:
    """The file that says which entries are for training and which for the test."""
    return folder / "splits.mat"


def read_entries(path: Path) -> tuple[LabeledEntry, ...]:
    """Entries of the labelled file ``path`` that the splits beside it name, in order.

    Raises ``InputError`` naming the file that is missing or broken.
    """
    splits = read_splits(splits_file(path.parent))
    return tuple(
        LabeledEntry(number, splits[number], kind, scene)
        for number, (kind, scene) in enumerate(read_scenes(path))
        if number in splits
    )


def read_scenes(path: Path) -> list[tuple[str, str]]:
    """Type and name of the scene of every picture; no picture is read.

    Raises ``InputError`` when the file is missing or broken.
    """
    with _opened(path) as file:
        count = len(_stack(path, file, "images", (3, *SIZE[::-1])))
        kinds = _texts(file, "sceneTypes")
        scenes = _texts(file, "scenes") if "scenes" in file else [""] * count
    if not len(kinds) == len(scenes) == count:
        raise InputError(f"{path} names the scenes of {len(kinds)} of {count} pictures; {_ADVICE}")
    for kind in kinds:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", kind):  # it becomes the name of a folder
            raise InputError(f"{path} holds the scene type {kind!r}; {_ADVICE}")
    return list(zip(kinds, scenes, strict=True))


def read_picture(path: Path, number: int) -> tuple[Image, npt.NDArray[np.float32]]:
    """uint8 (480, 640, 3) and raw depth float32 (480, 640) in metres, 0 where there is none.

    Nothing else of the file is read. Raises ``InputError`` when it is broken.
    """
    with _opened(path) as file:
        images = _stack(path, file, "images", (3, *SIZE[::-1]))
        depths = _stack(path, file, "rawDepths", SIZE[::-1])
        if len(images) != len(depths):
            raise InputError(
                f"{path} has {len(images)} pictures but {len(depths)} depth maps; {_ADVICE}"
            )
        image, depth = images[number], depths[number]
    return np.ascontiguousarray(image.transpose(2, 1, 0), np.uint8), depth.T.astype(np.float32)


def read_splits(path: Path) -> dict[int, str]:
    """Number of an entry, counted from 0 -> ``train`` or ``test``."""
    if not path.is_file():
        raise MissingError(f"{path} does not exist; {_ADVICE}")
    try:
        numbers = {split: read_array(path, key, _LARGEST) for split, key in _KEYS.items()}
        if not all(np.array_equal(n, n.astype(np.int64)) for n in numbers.values()):
            raise ValueError("its numbers are not whole")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} cannot be read ({_reason(error)}); {_ADVICE}") from error
    return {int(n) - 1: split for split, all_ in numbers.items() for n in all_.ravel()}


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """The labelled file; every way of failing becomes an ``InputError``."""
    import h5py

    if not path.is_file():
        raise MissingError(f"{path} does not exist; {_ADVICE}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except Exception as error:  # HDF5's own checks are few
        raise InputError(f"{path} cannot be read ({_reason(error)}); {_ADVICE}") from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())


def _stack(path: Path, file: h5py.File, name: str, shape: tuple[int, ...]) -> Any:
    found = own_array(file, name)
    if found.shape[1:] != shape:
        raise InputError(f"{path}: {name} has the shape {found.shape}, not N x {shape}; {_ADVICE}")
    if found.dtype.kind not in "uif":
        raise InputError(f"{path}: {name} holds {found.dtype}, no numbers; {_ADVICE}")
    return found


def _texts(file: h5py.File, name: str) -> list[str]:
    """A MATLAB cell row of texts."""
    held: list[Any] = [file[reference] for reference in own_array(file, name)[...].ravel()]
    return ["".join(map(chr, codes[...].ravel())) for codes in held]
