"""Readers of single pictures, from files and from requests to a server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.bad_input.table import Reader
from painter_kit.data import pictures
from painter_kit.serving.answer import picture_of

_RNG_SEED = 7
FILE, TEXT = "picture.png", "picture.base64"


def _rgb() -> np.ndarray:
    return np.random.default_rng(_RNG_SEED).integers(0, 256, (48, 40, 3), np.uint8)


def _write_image(folder: Path) -> None:
    pictures.write_png(folder / FILE, _rgb())
    from PIL import Image

    Image.fromarray(_rgb()).save(folder / "photograph.jpg")


def _write_index(folder: Path) -> None:
    pictures.write_png(folder / FILE, _rgb()[..., 0])


def _write_depth(folder: Path) -> None:
    pictures.write_png(folder / FILE, _rgb()[..., 0].astype(np.uint16) * 40)


def _write_text(folder: Path) -> None:
    (folder / TEXT).write_bytes(base64.b64encode(pictures.png_bytes(_rgb())))


def _read_image(folder: Path) -> None:
    for name in (FILE, "photograph.jpg"):
        size = pictures.picture_size(folder / name)
        image = pictures.read_image(folder / name)
        assert image.dtype == np.uint8
        assert image.shape == (*size, 3)


def _reading(read: Callable[[Path], np.ndarray]) -> Callable[[Path], None]:
    def all_of_it(folder: Path) -> None:
        assert read(folder / FILE).ndim == 2
        assert pictures.picture_mode(folder / FILE)

    return all_of_it


def _read_text(folder: Path) -> None:
    path = folder / TEXT
    text = path.read_bytes().decode("latin-1") if path.is_file() else ""
    assert picture_of(text, 0).ndim == 3


READERS = (
    Reader("image", _write_image, _read_image, share=2),
    Reader("index", _write_index, _reading(pictures.read_index)),
    Reader("depth", _write_depth, _reading(pictures.read_depth)),
    Reader("served-picture", _write_text, _read_text, named=("picture 0",), share=2),
)
