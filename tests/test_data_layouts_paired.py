from pathlib import Path

import numpy as np
from PIL import Image

from painter_kit.data.layouts.base import LayoutOptions, write_layout
from painter_kit.data.layouts.paired import PairFolder, pair_layout
from painter_kit.data.world.scene import render_scene

PAIRS = PairFolder("enhance", "test", "set/low", "set/high", ("7.png", "b.png"), ((24, 32),), 5)
LAYOUT = pair_layout("pairs", "", ("set",), 3.0, lambda options: [PAIRS])


def test_pairs_share_a_name_and_a_scene(tmp_path: Path):
    assert write_layout(LAYOUT, tmp_path, LayoutOptions()) == 2
    for number, name in enumerate(PAIRS.names):
        low, high = (np.array(Image.open(tmp_path / "set" / k / name)) for k in ("low", "high"))
        np.testing.assert_array_equal(high, render_scene(0, "test", 5 + number, (24, 32)).image)
        assert np.all(low <= high)
        assert low.mean() < 0.95 * high.mean()


def test_the_chosen_size_wins():
    assert LAYOUT.sizes(LayoutOptions()) == [(24, 32)] * 2
    assert LAYOUT.sizes(LayoutOptions(size=(40, 20))) == [(40, 20)] * 2
