"""Denoised blocks of SIDD as the benchmark takes them: one array of all scenes and blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.errors import InputError
from painter_kit.types import Example, Painted, Spec

SCENES, BLOCKS = 40, 32
_NAME = re.compile(r"(\d+)_(\d+)")


def is_block(name: str) -> bool:
    """Whether an example is named like a block of the benchmark: ``<scene>_<block>``, from 1."""
    match = _NAME.fullmatch(name)
    return bool(match) and 1 <= int(match[1]) <= SCENES and 1 <= int(match[2]) <= BLOCKS


def place_of(name: str) -> tuple[int, int]:
    """Scene and block of an example, from 0. Raises ``InputError`` for another name."""
    if not is_block(name):
        raise InputError(f"example {name!r} is no block of SIDD; expected <scene>_<block>")
    scene, _, block = name.partition("_")
    return int(scene) - 1, int(block) - 1


class BlockArray:
    """``folder/denoised.npy``: float32 (scenes, blocks, H, W, 3), 0..1, not quantised.

    It has room for the largest numbers among ``names``: 40 x 32 blocks of 256 x 256 for the whole
    benchmark, 1 GB, which is written in place and never held in memory. Blocks that were not
    asked for stay 0. ``kept.npy`` tells which are there.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        scenes, blocks = zip(*map(place_of, names), strict=True)
        self._room = max(scenes) + 1, max(blocks) + 1
        self._array: Any = None
        self._done = _opened(folder / "kept.npy", self._room, np.uint8)

    @property
    def path(self) -> Path:
        """The array."""
        return self.folder / "denoised.npy"

    def has(self, name: str) -> bool:
        """Whether this block was written."""
        return bool(self._done[place_of(name)]) and self.path.is_file()

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Write one block; all blocks have one size."""
        array = self._array
        if array is None:
            array = _opened(self.path, (*self._room, *prediction.shape), np.float32)
            self._array = array
        if array.shape[2:] != prediction.shape:
            raise InputError(
                f"example {example.id} is {prediction.shape[:2]} but others are "
                f"{array.shape[2:4]}; blocks of SIDD have one size"
            )
        place = place_of(example.id)
        array[place] = prediction
        self._done[place] = 1

    def finish(self, names: Sequence[str]) -> list[Path]:
        """The array, everything written to disk."""
        for array in (self._array, self._done):
            if isinstance(array, np.memmap):
                array.flush()
        return [self.path]


def _opened(path: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> Any:
    """The array file, made with zeros if it is not there.

    Raises ``InputError`` when there is one of another shape.
    """
    if not path.exists() and not path.is_symlink():
        path.parent.mkdir(parents=True, exist_ok=True)
        return np.lib.format.open_memmap(path, "w+", dtype, shape)
    try:
        if not path.is_file():
            raise ValueError("it is no regular file")
        array = np.lib.format.open_memmap(path, "r+")
    except Exception as error:  # NumPy reads the header as Python, with errors of all kinds
        raise InputError(f"{path} cannot be read ({error}); use --overwrite") from error
    if array.shape != shape or array.dtype != dtype:
        raise InputError(
            f"{path} has room for {array.shape} but {shape} is needed; use --overwrite or "
            "another --out"
        )
    return array
