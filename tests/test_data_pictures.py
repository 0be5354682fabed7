"""Picture files: what is read, what is refused, and in which words."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.pictures import (
    image_of,
    picture_mode,
    picture_size,
    png_bytes,
    read_depth,
    read_image,
    read_index,
    write_depth,
    write_png,
)
from painter_kit.errors import InputError

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (6, 9, 3), np.uint8)
GREY = RNG.integers(0, 256, (6, 9), np.uint8)
DEEP = RNG.integers(0, 65536, (6, 9), np.uint16)


def save(path: Path, array: np.ndarray, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


def test_image_is_rgb(tmp_path: Path):
    np.testing.assert_array_equal(read_image(save(tmp_path / "a.png", RGB)), RGB)
    grey = read_image(save(tmp_path / "g.png", GREY))
    np.testing.assert_array_equal(grey, np.repeat(GREY[..., None], 3, 2))
    transparent = np.dstack([RGB, GREY])
    np.testing.assert_array_equal(read_image(save(tmp_path / "t.png", transparent)), RGB)


def test_image_is_writable(tmp_path: Path):
    read_image(save(tmp_path / "a.png", RGB))[0, 0] = 0


def test_rotation_in_exif_is_not_applied(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "a.jpg", RGB, exif=exif)
    assert read_image(tmp_path / "a.jpg").shape == (6, 9, 3)


def test_depth_is_metres(tmp_path: Path):
    depth = read_depth(save(tmp_path / "d.png", DEEP))
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, DEEP / 1000, rtol=1e-6)


def test_depth_survives_the_round_trip(tmp_path: Path):
    write_depth(tmp_path / "d.png", np.arange(65536, dtype=np.float32).reshape(256, 256) / 1000)
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "d.png")), np.arange(65536).reshape(256, 256)
    )


def test_depth_that_is_no_depth_becomes_zero_or_the_limit(tmp_path: Path):
    write_depth(tmp_path / "d.png", np.array([[np.nan, np.inf, -1.0, 70.0]], np.float32))
    np.testing.assert_allclose(read_depth(tmp_path / "d.png"), [[0, 0, 0, 65.535]], rtol=1e-6)


@pytest.mark.parametrize("array", [GREY, DEEP, GREY > 127], ids=["uint8", "uint16", "bool"])
def test_index_keeps_numbers(tmp_path: Path, array: np.ndarray):
    np.testing.assert_array_equal(read_index(save(tmp_path / "i.png", array)), array)


def test_index_of_a_palette_picture_is_the_index(tmp_path: Path):
    picture = Image.fromarray(GREY % 4).convert("P")
    picture.putpalette([9, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6])
    picture.putdata((GREY % 4).ravel().tolist())
    picture.save(tmp_path / "p.png")
    np.testing.assert_array_equal(read_index(tmp_path / "p.png"), GREY % 4)


def test_header(tmp_path: Path):
    save(tmp_path / "d.png", DEEP)
    assert picture_size(tmp_path / "d.png") == (6, 9)
    assert picture_mode(tmp_path / "d.png").startswith("I")


@pytest.mark.parametrize(
    ("read", "array", "words"),
    [
        (read_image, DEEP, "expected 8-bit RGB or grey"),
        (read_depth, GREY, "pixels of kind L; expected a 16-bit grey PNG of millimetres"),
        (read_depth, RGB, "pixels of kind RGB; expected a 16-bit grey PNG"),
        (read_index, RGB, "expected one number per pixel: a grey or palette PNG"),
    ],
)
def test_wrong_kind_of_pixels(
    tmp_path: Path, read: Callable[[Path], np.ndarray], array: np.ndarray, words: str
):
    path = save(tmp_path / "x.png", array)
    with pytest.raises(InputError, match=f"{path} has") as caught:
        read(path)
    assert words in str(caught.value)


def broken(path: Path, kind: str) -> None:
    if kind == "text":
        path.write_text("not a picture")
    elif kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind != "missing":
        whole = save(path, RNG.integers(0, 256, (64, 64, 3), np.uint8)).read_bytes()
        path.write_bytes(whole[:40] if kind == "header" else whole[: len(whole) // 2])


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("kind", ["text", "empty", "header", "truncated", "folder", "missing"])
def test_unreadable_files_are_named_in_one_line(tmp_path: Path, kind: str, suffix: str):
    path = tmp_path / f"x{suffix}"
    broken(path, kind)
    with pytest.raises(InputError) as caught:
        read_image(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    ending = "check the path" if kind in ("folder", "missing") else "save it again as PNG or JPEG"
    assert str(caught.value).endswith(ending)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = save(tmp_path / "x.png", RGB)
    for limit in (40, 10):  # Pillow warns above the limit and raises above its double
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(InputError, match="is too large"):
            read_image(path)


def test_writing_replaces_whole_files(tmp_path: Path):
    write_png(tmp_path / "new" / "x.png", RGB)
    write_png(tmp_path / "new" / "x.png", GREY)
    np.testing.assert_array_equal(read_index(tmp_path / "new" / "x.png"), GREY)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["x.png"]


def test_contents_of_files_are_read_as_the_files_are(tmp_path: Path):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    write_png(tmp_path / "a.png", picture)
    contents = (tmp_path / "a.png").read_bytes()
    np.testing.assert_array_equal(image_of(contents, "it"), read_image(tmp_path / "a.png"))
    np.testing.assert_array_equal(image_of(png_bytes(picture), "it"), picture)
    with pytest.raises(InputError, match="it has pixels of kind I;16"):
        image_of(png_bytes(np.zeros((4, 4), np.uint16)), "it")
    with pytest.raises(InputError, match=r"^it cannot be read \(cannot identify image file\)"):
        image_of(b"none", "it")


SCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 48\nshowpage\n"


def test_formats_whose_decoders_start_programs_are_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import subprocess

    def started(*args: object, **options: object):
        raise AssertionError(f"started {args}")

    monkeypatch.setattr(subprocess, "Popen", started)
    for content in (SCRIPT, b"GIF89a", b"P5 1 1 255 a"):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(InputError, match=r"a\.png cannot be read"):
            read_image(tmp_path / "a.png")


def test_a_picture_of_too_many_pixels_is_refused_from_its_header(tmp_path: Path):
    path = tmp_path / "a.png"
    Image.new("1", (10_000, 5_001)).save(path)
    for read in (read_image, picture_size):
        with pytest.raises(InputError, match=r"too large, 10000 x 5001; .* 50 megapixels"):
            read(path)
    Image.new("1", (10_000, 5_000)).save(path)
    assert picture_size(path) == (5_000, 10_000)
