import math

import pytest

from painter_kit.data.layouts.base import LayoutOptions, cost
from painter_kit.data.layouts.table import OFFICIAL, get_layout
from painter_kit.errors import InputError


@pytest.mark.parametrize("name", [*OFFICIAL, "folder"])
def test_every_layout_says_what_it_costs_and_what_it_writes(name: str, tmp_path):
    layout = get_layout(name)
    assert layout.name == name
    options = LayoutOptions(count=3)
    items = layout.items(tmp_path, options)
    assert len(layout.sizes(options)) == len(items) == cost(layout, options).pictures
    outputs = [path.relative_to(tmp_path) for item in items for path in item.outputs]
    assert len(set(outputs)) == len(outputs)
    tops = {path.parts[0] for path in outputs}
    assert tops <= {*layout.owns, f".world-{name}"}
    assert not list(tmp_path.iterdir())


def test_no_two_layouts_own_the_same_files():
    owned = [name for layout in map(get_layout, OFFICIAL) for name in layout.owns]
    assert len(set(owned)) == len(owned)


def test_official_pictures_have_official_sizes():
    pixels = {name: math.prod(get_layout(name).sizes(LayoutOptions())[0]) for name in OFFICIAL}
    assert pixels["nyuv2"] == 480 * 640
    assert pixels["lol"] == 400 * 600
    assert pixels["derain"] == 321 * 481
    assert pixels["lvis"] == pixels["coco"]


def test_an_unknown_layout_is_named():
    with pytest.raises(InputError, match="unknown layout 'kitti'; use nyuv2, ade20k"):
        get_layout("kitti")
