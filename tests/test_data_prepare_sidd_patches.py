"""Cutting patches: where, from what, and never twice or mixed."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.pictures import read_image, write_png
from painter_kit.data.prepare.base import Item, PrepareOptions
from painter_kit.data.prepare.sidd_patches import (
    SIDE,
    PatchPaths,
    Photograph,
    check_record,
    cut_elsewhere,
    cut_patches,
    photographs,
    places,
    prompt_digest,
    read_record,
    record_patches,
    whole_photographs,
)
from painter_kit.errors import InputError

RNG = np.random.default_rng(0)
SIZE = (260, 300)
DATA = "denoise/SIDD_Medium_Srgb/Data"


def add(root: Path, scene: str, take: str = "010", size: tuple[int, int] = SIZE) -> None:
    for kind in ("NOISY", "GT"):
        path = root / DATA / f"{scene}_001_GTX" / f"{scene}_{kind}_SRGB_{take}.PNG"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 256, (*size, 3), np.uint8)).save(path, compress_level=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for scene, take in (("0002", "010"), ("0010", "010"), ("0002", "011")):
        add(tmp_path, scene, take)
    return tmp_path / "denoise"


def cut(folder: Path, photograph: Photograph, patches: int, seed: int = 0) -> PatchPaths:
    outputs = PatchPaths(folder, photograph.number, patches)
    cut_patches(photograph, outputs, seed)
    return outputs


def test_photographs_are_numbered_in_natural_order(folder: Path):
    (folder / "SIDD_Medium_Srgb" / "ReadMe.txt").touch()
    found = whole_photographs(folder)
    assert [(p.number, p.noisy.name) for p in found] == [
        (1, "0002_NOISY_SRGB_010.PNG"),
        (2, "0002_NOISY_SRGB_011.PNG"),
        (3, "0010_NOISY_SRGB_010.PNG"),
    ]
    # Only the file's name is rewritten: the folder's has the letters GT in it too.
    assert found[0].clean == found[0].noisy.with_name("0002_GT_SRGB_010.PNG")


@pytest.mark.parametrize(("number", "gone"), [(0, "noisy"), (2, "clean")])
def test_a_photograph_without_counterpart_is_named(folder: Path, number: int, gone: str):
    path = getattr(photographs(folder)[number], gone)
    path.unlink()
    assert len(photographs(folder)) == 3
    with pytest.raises(InputError, match=rf"{path.name} does not exist; .* unpack SIDD_Medium"):
        whole_photographs(folder)


def test_places_depend_on_seed_and_photograph_alone():
    size = (3000, 5328)
    drawn = places(0, 7, size, 300)
    np.testing.assert_array_equal(places(0, 7, size, 20), drawn[:20])
    assert np.any(places(1, 7, size, 300) != drawn)
    assert np.any(places(0, 8, size, 300) != drawn)
    many = places(0, 1, (260, 259), 2000)
    assert (many.min(axis=0), many.max(axis=0)) == (pytest.approx([0, 0]), pytest.approx([3, 2]))
    shares = np.bincount(many[:, 0]) / 2000
    assert shares == pytest.approx(0.25, abs=0.04)
    assert not places(0, 1, (SIDE, SIDE), 3).any()


def test_patches_of_both_pictures_are_cut_at_one_place(folder: Path):
    photograph = photographs(folder)[1]
    outputs = cut(folder, photograph, 3)
    assert [p.relative_to(folder).as_posix() for p in outputs][:3] == [
        "train/input/2_1.png",
        "train/groundtruth/2_1.png",
        "train/input/2_2.png",
    ]
    whole = read_image(photograph.noisy), read_image(photograph.clean)
    for index, (row, column) in enumerate(places(0, 2, SIZE, 3)):
        for path, picture in zip(outputs.pair(index), whole, strict=True):
            np.testing.assert_array_equal(
                read_image(path), picture[row : row + SIDE, column : column + SIDE]
            )


def test_cutting_again_makes_what_is_missing_alone(folder: Path):
    photograph = photographs(folder)[0]
    outputs = cut(folder, photograph, 2)
    item = Item(outputs, lambda: None)
    assert item.done
    before = [path.read_bytes() for path in outputs]
    kept = outputs[0].stat().st_mtime_ns
    outputs[3].unlink()
    assert not item.done
    cut(folder, photograph, 2)
    assert [path.read_bytes() for path in outputs] == before
    assert outputs[0].stat().st_mtime_ns == kept


def test_pictures_that_cannot_be_cut(folder: Path):
    add(folder.parent, "0001", size=(255, 300))
    with pytest.raises(InputError, match=r"0001_NOISY.* is 300 x 255; patches of 256 x 256 do not"):
        cut(folder, photographs(folder)[0], 1)
    photograph = photographs(folder)[1]
    write_png(photograph.clean, np.zeros((300, 260, 3), np.uint8))
    with pytest.raises(InputError, match=r"GT_SRGB_010.PNG is 260 x 300 but .*NOISY.* 300 x 260"):
        cut(folder, photograph, 1)


def test_patches_of_another_seed_are_told_by_the_first_one(folder: Path):
    photograph = photographs(folder)[0]
    assert not cut_elsewhere(folder, 0, photograph)
    cut(folder, photograph, 1, seed=3)
    assert not cut_elsewhere(folder, 3, photograph)
    assert cut_elsewhere(folder, 4, photograph)


def test_the_record_tells_what_was_cut(folder: Path):
    found = photographs(folder)
    assert read_record(folder) is None
    check_record(folder, 5, found)
    for photograph in found:
        cut(folder, photograph, 1, seed=3)
    record_patches(folder, 3, 1, found)
    record = read_record(folder)
    assert record is not None
    assert (record.seed, record.patches, record.prompt) == (3, 1, "")
    assert record.photographs[2] == "Data/0010_001_GTX/0010_NOISY_SRGB_010.PNG"
    check_record(folder, 3, found)
    with pytest.raises(InputError, match="patches cut with --seed 3, not 0; use that seed"):
        check_record(folder, 0, found)
    add(folder.parent, "0003")
    with pytest.raises(InputError, match="patches of other photographs than SIDD_Medium_Srgb/"):
        check_record(folder, 3, photographs(folder))
    record_patches(folder, 3, PrepareOptions().patches, found)
    record_patches(folder, 3, 1, found)  # fewer patches are the first ones of many
    assert read_record(folder).patches == 300


def test_the_prompts_digest_is_that_of_its_pixels(folder: Path):
    outputs = cut(folder, photographs(folder)[0], 1)
    assert prompt_digest(folder) == ""
    for path in outputs:
        path.rename(path.with_name("9_9.png"))
    digest = prompt_digest(folder)
    assert len(digest) == 64
    write_png(outputs[1].with_name("9_9.png"), np.zeros((SIDE, SIDE, 3), np.uint8))
    assert prompt_digest(folder) not in ("", digest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "patches.json cannot be read"),
        ("[]", "patches.json: record must be a mapping but got list"),
        (json.dumps({"seed": 0}), "patches.json: missing key patches"),
        (json.dumps({"seed": "0"}), "patches.json: seed must be a whole number"),
    ],
)
def test_a_broken_record(tmp_path: Path, text: str, words: str):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "patches.json").write_text(text)
    with pytest.raises(InputError, match=words):
        read_record(tmp_path)
