import base64
from io import BytesIO

import numpy as np
from PIL import Image

from painter_kit.report.encoded import LARGEST_SIDE, encode, image_uri, svg_uri


def test_small_pictures_stay_as_they_are():
    picture = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    suffix, data = encode(picture)
    assert suffix == "png"
    assert np.array_equal(np.array(Image.open(BytesIO(data))), picture)


def test_large_photographs_become_smaller_and_lighter():
    noise = np.random.default_rng(0).integers(0, 256, (600, 900, 3), np.uint8)
    suffix, data = encode(noise)
    assert suffix == "jpg"
    assert Image.open(BytesIO(data)).size == (LARGEST_SIDE, LARGEST_SIDE * 600 // 900)


def test_uris_hold_the_bytes():
    kind, _, data = svg_uri(b"<svg/>").partition(",")
    assert (kind, base64.b64decode(data)) == ("data:image/svg+xml;base64", b"<svg/>")
    assert image_uri(np.zeros((2, 2, 3), np.uint8)).startswith("data:image/png;base64,")
