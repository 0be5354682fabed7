"""Pictures and charts as the bytes of a file, small enough for a page with many of them."""

from __future__ import annotations

import base64
from io import BytesIO

from painter_kit.types import Image

LARGEST_SIDE = 384  # pixels; more is not shown on a page
_HEAVY = 64 << 10  # bytes of a PNG above which a photograph is better off as JPEG


def encode(image: Image) -> tuple[str, bytes]:
    """Suffix (``png`` or ``jpg``) and bytes of a uint8 (H, W, 3) picture, made smaller if need
    be; JPEG is taken where PNG would be large."""
    from PIL import Image as Pictures

    picture = Pictures.fromarray(image)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Pictures.Resampling.LANCZOS)
    file = BytesIO()
    picture.save(file, format="PNG", optimize=True)
    if file.tell() <= _HEAVY:
        return "png", file.getvalue()
    file = BytesIO()
    picture.save(file, format="JPEG", quality=90, subsampling=0)
    return "jpg", file.getvalue()


def image_uri(image: Image) -> str:
    """The picture as a data URI."""
    suffix, data = encode(image)
    return _uri("image/jpeg" if suffix == "jpg" else "image/png", data)


def svg_uri(svg: bytes) -> str:
    """The chart as a data URI: an image of its own, whose ids meet no others."""
    return _uri("image/svg+xml", svg)


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
