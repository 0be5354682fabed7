from pathlib import Path

import numpy as np
from PIL import Image

from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.layouts.pictures import degraded, draw_scene, write_part, write_picture
from painter_kit.data.world.dataset import WorldDataset

OPTIONS = LayoutOptions()


def test_scenes_are_those_of_the_world():
    scene = draw_scene(OPTIONS, "test", 2, (64, 64))
    example = WorldDataset("world").examples("denoise", "test")[2]
    np.testing.assert_array_equal(scene.image, example.truth["clean"])
    np.testing.assert_array_equal(
        degraded(OPTIONS, "denoise", "test", 2, scene.image), example.image
    )


def test_another_key_gives_other_noise_on_the_same_picture():
    clean = draw_scene(OPTIONS, "train", 0, (64, 64)).image
    first, second = (degraded(OPTIONS, "denoise", "train", 0, clean, key) for key in "ab")
    assert np.any(first != second)


def test_another_seed_is_another_world():
    first, second = (draw_scene(LayoutOptions(seed=s), "train", 0, (32, 32)) for s in (0, 1))
    assert np.any(first.image != second.image)


def test_the_suffix_decides_the_format(tmp_path: Path):
    image = draw_scene(OPTIONS, "train", 0, (48, 64)).image
    for name, kind in (("a.jpg", "JPEG"), ("a.PNG", "PNG")):
        write_picture(tmp_path / "new" / name, image)
        with Image.open(tmp_path / "new" / name) as picture:
            assert (picture.format, picture.size, picture.mode) == (kind, (64, 48), "RGB")
            error = np.abs(np.array(picture).astype(int) - image)
        assert error.mean() < (6 if kind == "JPEG" else 1e-9)
    write_picture(tmp_path / "grey.jpg", image[..., 0])
    assert Image.open(tmp_path / "grey.jpg").mode == "L"


def test_parts_come_back_as_they_were(tmp_path: Path):
    write_part(tmp_path / "p" / "0.npz", one=np.arange(3), two=np.ones((2, 2), np.float32))
    with np.load(tmp_path / "p" / "0.npz", allow_pickle=False) as part:
        assert set(part) == {"one", "two"}
        assert part["one"].tolist() == [0, 1, 2]
        assert part["two"].dtype == np.float32
    assert [p.name for p in (tmp_path / "p").iterdir()] == ["0.npz"]
