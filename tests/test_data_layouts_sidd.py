from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.sidd import LAYOUT
from painter_kit.data.world.scene import render_scene
from painter_kit.errors import InputError

SIZE = (256, 288)
OPTIONS = LayoutOptions(count=2, size=SIZE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    write_layout(LAYOUT, root, OPTIONS)
    return root / "denoise"


def test_photographs_have_the_released_names(folder: Path):
    found = sorted(p.relative_to(folder / "SIDD_Medium_Srgb/Data") for p in folder.rglob("*.PNG"))
    assert [str(path) for path in found] == [
        f"{scene}/{scene[:4]}_{kind}_SRGB_010.PNG"
        for scene in ("0001_001_S6_00100_00060_3200_L", "0002_002_S6_00100_00060_3200_L")
        for kind in ("GT", "NOISY")
    ]


def test_noise_is_all_that_tells_the_photographs_apart(folder: Path):
    clean, noisy = (
        np.array(Image.open(next(folder.rglob(f"0001_{kind}_*.PNG")))).astype(int)
        for kind in ("GT", "NOISY")
    )
    assert clean.shape == (*SIZE, 3)
    middle = (clean > 80) & (clean < 170)
    error = (noisy - clean)[middle]
    assert abs(error.mean()) < 3
    assert 15 < error.std() < 65


def test_blocks_keep_the_official_axes(folder: Path):
    noisy, clean = (
        loadmat(folder / f"Validation{kind}BlocksSrgb.mat")[f"Validation{kind}BlocksSrgb"]
        for kind in ("Noisy", "Gt")
    )
    assert noisy.shape == clean.shape == (2, 2, 256, 256, 3)
    assert noisy.dtype == clean.dtype == np.uint8
    for number in range(2):
        scene = render_scene(0, "test", number, SIZE).image
        for block in range(2):
            # Blocks are as high as the picture, so that only the column is unknown.
            columns = [
                c for c in range(33) if np.all(scene[:, c : c + 256] == clean[number, block])
            ]
            assert len(columns) == 1
            error = noisy[number, block].astype(int) - clean[number, block]
            assert 5 < error.std() < 65


def test_a_full_set_is_as_large_as_the_official_one(tmp_path: Path):
    sizes = LAYOUT.sizes(LayoutOptions(count=100))
    assert len(sizes) == 100 + 40
    parts = [i for i in LAYOUT.items(tmp_path, LayoutOptions(count=100)) if len(i.outputs) == 1]
    assert len(parts) == 40


def test_some_scenes_are_photographed_twice(tmp_path: Path):
    items = LAYOUT.items(tmp_path, LayoutOptions())
    pairs = [item.outputs[0] for item in items if len(item.outputs) == 2]
    assert len(set(pairs)) == 8
    assert len({path.parent for path in pairs}) == 7
    assert sum(path.name.endswith("_011.PNG") for path in pairs) == 1


def test_pictures_smaller_than_a_block_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match="at least 256x256 but got 128x512"):
        LAYOUT.items(tmp_path, LayoutOptions(size=(128, 512)))
