"""Picture files of the wrong kind, size or honesty."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np

from benchmarks.bad_input.strange import Rng, pick

_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F")
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "PPM", "TGA", "ICO", "EPS", "PCX", "SGI")
_SIZES = ((1, 1), (1, 40), (40, 1), (3, 5), (17, 33), (48, 40), (200, 7), (257, 256))
# Declared sides: at Pillow's limits, far above them, and none.
_SIDES = (0, 1, 9_000, 9_500, 13_500, 20_000, 65_535, 2**20, 2**31 - 1, 2**32 - 1)
_SCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 48\n(outside) (w) file closefile\n"
_DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='48'><rect/></svg>"


def of_picture(rng: Rng, content: bytes) -> bytes:
    """A picture in the place of the one whose ``content`` this is."""
    kind = int(rng.integers(0, 16))
    if kind < 7:
        return _another(rng)
    if kind == 7:
        return _animated(rng)
    if kind == 8:
        return _turned(rng)
    if kind < 12:
        return _dishonest(rng, content)
    if kind == 12:
        return png(int(pick(rng, _SIDES)), int(pick(rng, _SIDES)), rng.bytes(64))
    if kind == 13:
        return _swollen(rng)
    if kind == 14:
        return _large(rng)
    return pick(rng, [_SCRIPT, _DRAWING, b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM"])


def _values(rng: Rng, mode: str, size: tuple[int, int]) -> Any:
    from PIL import Image

    grey = rng.integers(0, 256, size, np.uint8) // pick(rng, [1, 1, 64, 128])
    if mode == "I;16":
        return Image.fromarray(grey.astype(np.uint16) * pick(rng, [1, 40, 257]))
    if mode in ("I", "F"):
        numbers = grey.astype(np.int32 if mode == "I" else np.float32)
        return Image.fromarray(numbers * pick(rng, [1, -1, 2**20]))
    return (
        Image.fromarray(grey).convert("RGB").convert(mode) if mode in _HUED else _plain(grey, mode)
    )


_HUED = ("LAB", "HSV", "CMYK", "YCbCr")


def _plain(grey: Any, mode: str) -> Any:
    from PIL import Image

    picture = Image.fromarray(grey)
    return picture.convert("P").convert("PA") if mode == "PA" else picture.convert(mode)


def _saved(picture: Any, form: str, **options: Any) -> bytes:
    file = BytesIO()
    try:
        picture.save(file, form, **options)
    except (OSError, KeyError, ValueError, SyntaxError):  # the format has no such pixels or notes
        file = BytesIO()
        picture = picture.convert("RGB") if picture.mode in ("HSV", "PA") else picture
        picture.save(file, "TIFF")
    return file.getvalue()


def _another(rng: Rng) -> bytes:
    """Another kind of pixels, size or format."""
    picture = _values(rng, pick(rng, _MODES), pick(rng, _SIZES))
    form = pick(rng, ("PNG", *_FORMATS)) if rng.random() < 0.6 else "PNG"
    return _saved(picture, form)


def _animated(rng: Rng) -> bytes:
    """Several pictures in one file, of one or of several sizes."""
    frames = [_values(rng, pick(rng, ["L", "RGB", "P"]), (48, 40)) for _ in range(3)]
    form = pick(rng, ["GIF", "PNG", "TIFF", "WEBP"])
    return _saved(frames[0], form, save_all=True, append_images=frames[1:])


def _turned(rng: Rng) -> bytes:
    """EXIF that tells a rotation, or tells nothing that can be read."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = pick(rng, [1, 3, 6, 8, 0, 99])
    told = exif.tobytes() if rng.random() < 0.6 else b"Exif\0\0" + rng.bytes(64)
    form = pick(rng, ["JPEG", "PNG", "WEBP", "TIFF"])
    return _saved(_values(rng, "RGB", (48, 40)), form, exif=told)


def _dishonest(rng: Rng, content: bytes) -> bytes:
    """The same file with another size in its header."""
    height, width = (int(pick(rng, _SIDES)) for _ in range(2))
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        head = struct.pack(">II", width, height) + content[24:29]
        if rng.random() < 0.3:  # depth and kind of colour, too
            head = (
                head[:8]
                + bytes([pick(rng, [1, 8, 16, 3]), pick(rng, [0, 2, 3, 4, 6, 7])])
                + head[10:]
            )
        crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
        return content[:16] + head + crc + content[33:]
    place = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2"))
    if place > 0:
        told = struct.pack(">HH", height & 0xFFFF, width & 0xFFFF)
        return content[: place + 5] + told + content[place + 9 :]
    return png(height, width, content)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(height: int, width: int, pixels: bytes, *more: bytes) -> bytes:
    """A PNG of 8-bit RGB that declares a size and has these pixels, too few or too many."""
    head = struct.pack(">IIBBBBB", width & 0xFFFFFFFF, height & 0xFFFFFFFF, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + body + chunk(b"IEND", b"")


def _swollen(rng: Rng) -> bytes:
    """Text or a colour profile that is small in the file and large in memory."""
    zeros = swollen(int(pick(rng, [2**16, 2**22, 2**26])))
    kinds = [(b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")]
    kind, head = pick(rng, kinds)
    pixels = (b"\0" + bytes(3 * 40)) * 48
    return png(48, 40, pixels, *[chunk(kind, head + zeros)] * int(pick(rng, [1, 3, 20])))


@cache
def swollen(size: int) -> bytes:
    """So many zeros, compressed."""
    return zlib.compress(bytes(size), 9)


def _large(rng: Rng) -> bytes:
    """Honest and black, of a few megapixels, or a little more than any photograph has."""
    height, width = pick(rng, [(1_000, 1_000), (2_000, 1_500), (9_500, 9_500), (1, 30_000)])
    rows = height if height * width < 4e6 else 8  # a bomb is refused before its pixels are read
    return _black(height, width, rows)


@cache
def _black(height: int, width: int, rows: int) -> bytes:
    return png(height, width, (b"\0" + bytes(3 * width)) * rows)
