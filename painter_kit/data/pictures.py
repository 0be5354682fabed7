"""Reading and writing picture files; whatever is wrong with one is a one-line ``InputError``."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from painter_kit.errors import InputError
from painter_kit.files import atomic
from painter_kit.types import Image, Size

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# The only formats that are tried, whatever a file is called: Pillow knows others whose decoders
# start programs (PostScript), follow links or are hardly ever used.
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
# A picture in memory takes many times what its file does; this many take half a gigabyte to read.
MOST_PIXELS = 50_000_000
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})

# Pillow's modes of pixels with more than 8 bits.
_DEEP = ("I;16", "I;16B", "I;16L", "I", "F")
_DEPTH = ("I;16", "I;16B", "I;16L", "I")
_INDEX = ("1", "L", "P", *_DEPTH)


@contextmanager
def _opened(path: Path) -> Iterator[Picture]:
    """The picture file, header read; every way of failing becomes an ``InputError``."""
    if not path.is_file():
        raise InputError(f"picture {path} does not exist; check the path")
    with _open(path, f"picture {path}") as picture:
        yield picture


@contextmanager
def _open(source: Path | BytesIO, name: str) -> Iterator[Picture]:
    from PIL import Image as Pictures

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pictures.DecompressionBombWarning)
            with Pictures.open(source, formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise InputError(
                        f"{name} is too large, {picture.width} x {picture.height}; make it smaller "
                        f"than {MOST_PIXELS // 10**6} megapixels"
                    )
                yield picture
    except (Pictures.DecompressionBombWarning, Pictures.DecompressionBombError) as error:
        raise InputError(f"{name} is too large; make it smaller") from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        reason = re.sub(r" ?<_io.BytesIO.*?>", "", " ".join(str(error).split()))
        raise InputError(
            f"{name} cannot be read ({reason}); save it again as PNG or JPEG"
        ) from error


def _refuse(path: Path | str, picture: Picture, expected: str) -> InputError:
    return InputError(f"{path} has pixels of kind {picture.mode}; expected {expected}")


def picture_size(path: Path) -> Size:
    """(H, W) of a picture file, from its header alone."""
    with _opened(path) as picture:
        return picture.height, picture.width


def picture_mode(path: Path) -> str:
    """Pillow's name of the kind of pixels (``RGB``, ``L``, ``P``, ``I;16``), from the header."""
    with _opened(path) as picture:
        return picture.mode


def read_image(path: Path) -> Image:
    """uint8 (H, W, 3) RGB, as stored: a rotation noted in EXIF is not applied (released code).

    Grey, palette and transparent pictures are converted, transparency is dropped.
    """
    with _opened(path) as picture:
        return _rgb(picture, path)


def image_of(contents: bytes, name: str) -> Image:
    """What ``read_image`` gives of a file with these contents; ``name`` is for its errors."""
    with _open(BytesIO(contents), name) as picture:
        return _rgb(picture, name)


def _rgb(picture: Picture, name: Path | str) -> Image:
    if picture.mode in _DEEP:
        raise _refuse(name, picture, "8-bit RGB or grey")
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def read_depth(path: Path) -> npt.NDArray[np.float32]:
    """float32 (H, W) metres from 16-bit millimetres; 0 stands for no value."""
    with _opened(path) as picture:
        if picture.mode not in _DEPTH:
            raise _refuse(path, picture, "a 16-bit grey PNG of millimetres")
        return np.array(picture).astype(np.float32) / np.float32(1000)


def read_index(path: Path) -> npt.NDArray[np.integer]:
    """(H, W) whole numbers from an 8-bit grey, palette or 16-bit PNG; palettes keep the index."""
    with _opened(path) as picture:
        if picture.mode not in _INDEX:
            raise _refuse(path, picture, "one number per pixel: a grey or palette PNG")
        values = np.array(picture)
        return values.astype(np.uint8) if picture.mode == "1" else values


def write_png(path: Path, picture: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> None:
    """Write uint8 (H, W, 3) or (H, W), or uint16 (H, W), whole or not at all."""
    from PIL import Image as Pictures

    with atomic(path) as temporary:
        Pictures.fromarray(picture).save(temporary, format="PNG")


def png_bytes(picture: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> bytes:
    """A picture of any kind that ``write_png`` takes, as the contents of a PNG file."""
    from PIL import Image as Pictures

    contents = BytesIO()
    Pictures.fromarray(picture).save(contents, format="PNG")
    return contents.getvalue()


def depth_millimetres(depth_m: npt.NDArray[np.floating]) -> npt.NDArray[np.uint16]:
    """(H, W) metres as millimetres, rounded, 0..65.535 m; not finite becomes 0."""
    millimetres = np.rint(np.nan_to_num(depth_m, nan=0.0, posinf=0.0, neginf=0.0) * 1000.0)
    return np.clip(millimetres, 0, 65535).astype(np.uint16)


def write_depth(path: Path, depth_m: npt.NDArray[np.floating]) -> None:
    """Write (H, W) metres as 16-bit millimetres (``depth_millimetres``)."""
    write_png(path, depth_millimetres(depth_m))
