"""Few-shot layouts of the world: every picture shows what its lists say, large enough."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.layouts.base import LayoutOptions, cost, write_layout
from painter_kit.data.layouts.class_masks import LEAST, SHAPES, draw_shapes, large, shape_numbers
from painter_kit.data.layouts.table import get_layout
from painter_kit.data.pictures import read_image, read_index
from painter_kit.data.world.shapes import SEEN

OPTIONS = LayoutOptions(4, size=(48, 64))


@pytest.mark.parametrize("name", ["fss1000", "pascal5i", "coco20i"])
def test_written_twice_it_is_the_same(tmp_path: Path, name: str):
    layout = get_layout(name)
    made = write_layout(layout, tmp_path, OPTIONS)
    assert made == len(layout.items(tmp_path, OPTIONS)) == cost(layout, OPTIONS).pictures
    assert write_layout(layout, tmp_path, OPTIONS) == 0


def test_odd_scenes_have_held_out_shapes():
    for index in range(4):
        numbers = shape_numbers(draw_shapes(OPTIONS, "test", index, (64, 64)).labels)
        shown = {SHAPES[n] for n in np.unique(numbers) if n >= 0}
        assert bool(shown & {*SEEN}) == (index % 2 == 0)


def test_large_values_of_a_mask():
    mask = np.zeros((10, 10), np.uint8)
    mask[0, :2], mask[1, 0], mask[2] = 3, 4, 255
    assert large(mask) == [3]
    assert LEAST == 0.02


def test_fss_masks_are_white_on_the_class(tmp_path: Path):
    write_layout(get_layout("fss1000"), tmp_path, OPTIONS)
    listed = (tmp_path / "fss1000/fss_test_set.txt").read_text().split()
    assert tuple(listed) == SHAPES
    for shape in SHAPES:
        for number in range(1, 5):
            mask = read_image(tmp_path / "fss1000" / shape / f"{number}.png")
            assert set(np.unique(mask)) == {0, 255}
            assert (mask == 255).mean() >= LEAST


def test_coco_lists_hold_every_large_shape_once(tmp_path: Path):
    write_layout(get_layout("coco20i"), tmp_path, OPTIONS)
    folder = tmp_path / "coco20i"
    found = set()
    for fold in range(4):
        listed = pickle.loads((folder / f"splits/val/fold{fold}.pkl").read_bytes())
        found |= {(name, index) for index, names in listed.items() for name in names}
    expected = {
        (f"val2014/{path.stem}.jpg", label - 1)
        for path in (folder / "COCO2014/annotations/val2014").iterdir()
        for label in large(read_index(path))
    }
    assert found == expected
