from pathlib import Path

import numpy as np
from PIL import Image

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.derain import LAYOUT

SETS = {
    "Rain100H": ".png",
    "Rain100L": ".png",
    "Test100": ".png",
    "Test1200": ".png",
    "Test2800": ".jpg",
}


def test_one_training_and_five_test_sets(tmp_path: Path):
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=2, size=(48, 72)))
    root = tmp_path / "derain"
    train = [p.name for p in (root / "train" / "input").iterdir()]
    assert sorted(train) == ["1.jpg", "100.jpg"]
    assert {p.name for p in (root / "test").iterdir()} == set(SETS)
    for name, suffix in SETS.items():
        for kind in ("input", "target"):
            found = sorted(p.name for p in (root / "test" / name / kind).iterdir())
            assert found == [f"1{suffix}", f"2{suffix}"]


def test_rain_is_bright_and_sets_show_different_pictures(tmp_path: Path):
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=1, size=(48, 72)))
    clean = {}
    for name, suffix in SETS.items():
        folder = tmp_path / "derain" / "test" / name
        rainy, clean[name] = (
            np.array(Image.open(folder / kind / f"1{suffix}")).astype(int)
            for kind in ("input", "target")
        )
        assert rainy.mean() > clean[name].mean() + 3
    assert np.any(clean["Rain100H"] != clean["Rain100L"])
    assert np.any(clean["Rain100H"] != clean["Test100"])


def test_picture_100_is_there_once_whatever_the_count(tmp_path: Path):
    for count in (1, 99, 120):
        items = LAYOUT.items(tmp_path, LayoutOptions(count=count))
        train = [i.outputs[0].name for i in items if "train" in i.outputs[0].parts]
        assert len(set(train)) == len(train) == count
        assert "100.jpg" in train
