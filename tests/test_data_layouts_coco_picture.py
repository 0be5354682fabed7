import numpy as np
import pytest

from painter_kit.data.coco_categories import INDEX, NAMES, THINGS
from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.layouts.coco_picture import CATEGORIES, PERSON, compose
from painter_kit.data.world.scene import render_scene

OPTIONS = LayoutOptions(size=(120, 160))


@pytest.mark.parametrize("index", range(5))
def test_regions_cover_the_picture_without_overlap(index: int):
    image, regions = compose(OPTIONS, "test", index)
    assert image.shape == (120, 160, 3)
    times = np.sum([region.mask for region in regions], axis=0)
    assert times.max() == 1
    assert times.mean() > 0.99
    assert min(region.mask.sum() for region in regions) >= 16


def test_people_and_crowds_come_in_turn():
    crowds, alone = [], []
    for index in range(5):
        people = [r for r in compose(OPTIONS, "train", index)[1] if r.category == PERSON]
        crowds += [index for r in people if r.crowd]
        alone += [index for r in people if not r.crowd]
        assert all((r.joints is None) == r.crowd for r in people)
    assert crowds == [1, 4]
    assert set(alone) == {1, 2, 3}


def test_a_picture_without_people_is_the_world_s_scene():
    image, regions = compose(OPTIONS, "train", 0)
    scene = render_scene(0, "train", 0, (120, 160))
    np.testing.assert_array_equal(image, scene.image)
    things = [region for region in regions if INDEX[region.category] < THINGS]
    assert len(things) == scene.ids.max()
    for number, region in enumerate(things, start=1):
        np.testing.assert_array_equal(region.mask, scene.ids == number)


def test_categories_are_two_of_stuff_and_six_things():
    names = [NAMES[INDEX[number]] for number in CATEGORIES.values()]
    assert names[:2] == ["wall-other-merged", "floor-wood"]
    assert [INDEX[number] < THINGS for number in CATEGORIES.values()] == [False] * 2 + [True] * 6
    assert len(set(names)) == 8
    assert PERSON == 1


def test_splits_show_different_pictures_again_and_again():
    train, test = (compose(OPTIONS, split, 1)[0] for split in ("train", "test"))
    assert np.any(train != test)
    np.testing.assert_array_equal(train, compose(OPTIONS, "train", 1)[0])
