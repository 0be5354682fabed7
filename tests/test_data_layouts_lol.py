from pathlib import Path

import numpy as np
from PIL import Image

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.lol import LAYOUT


def test_pairs_lie_where_lol_has_them(tmp_path: Path):
    write_layout(LAYOUT, tmp_path, LayoutOptions(count=2, size=(40, 60)))
    folder = tmp_path / "light_enhance"
    names = {str(p.relative_to(folder)) for p in folder.rglob("*.png")}
    assert names == {
        f"{part}/{kind}/{name}.png"
        for part, pair in (("our485", (100, 2)), ("eval15", (1, 22)))
        for kind in ("low", "high")
        for name in pair
    }
    low, high = (np.array(Image.open(folder / "our485" / k / "100.png")) for k in ("low", "high"))
    assert low.shape == high.shape == (40, 60, 3)
    assert low.mean() < high.mean()


def test_no_set_outgrows_the_official_one(tmp_path: Path):
    items = LAYOUT.items(tmp_path, LayoutOptions(count=600))
    names = [item.outputs[0].relative_to(tmp_path / "light_enhance").parts for item in items]
    for part, size in (("our485", 485), ("eval15", 15)):
        inside = [name for folder, _, name in names if folder == part]
        assert len(set(inside)) == len(inside) == size
    train, evaluation = ({n for f, _, n in names if f == p} for p in ("our485", "eval15"))
    assert not train & evaluation


def test_pictures_are_400_x_600():
    assert set(LAYOUT.sizes(LayoutOptions(count=3))) == {(400, 600)}
