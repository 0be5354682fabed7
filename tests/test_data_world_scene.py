from collections import Counter

import numpy as np
import pytest

from painter_kit.data.world.keys import generator
from painter_kit.data.world.room import FLOOR, WALL, build_room
from painter_kit.data.world.scene import CLASSES, RENDER_VERSION, render_scene
from painter_kit.data.world.shapes import SEEN, UNSEEN

COUNT = 40
SCENES = [render_scene(0, "test", index) for index in range(COUNT)]
ROOMS = [build_room(generator(0, "test", index, "scene"), (64, 64)) for index in range(COUNT)]


def test_a_key_gives_one_scene_and_other_keys_others():
    again = render_scene(0, "test", 3)
    for name, value in vars(SCENES[3]).items():
        np.testing.assert_array_equal(value, getattr(again, name))
    others = [render_scene(1, "test", 3), render_scene(0, "train", 3), SCENES[4]]
    assert all(np.any(other.image != again.image) for other in others)


def test_what_the_renderer_draws_is_tied_to_its_version():
    # The shipped model knows these pictures: new values here go with a new RENDER_VERSION.
    # Means, not digests: the last bit of a float differs between processors.
    classes = np.bincount(np.concatenate([s.labels.ravel() for s in SCENES]), minlength=8)
    depth = np.mean([s.depth_m.mean() for s in SCENES])
    brightness = [float(s.image.mean()) for s in SCENES[:3]]
    shares = [0.40024, 0.28457, 0.08887, 0.05685, 0.04388, 0.04531, 0.02756, 0.05271]
    assert RENDER_VERSION == 2
    assert classes / COUNT / 4096 == pytest.approx(shares, abs=2e-4)
    assert depth == pytest.approx(4.2264, abs=2e-3)
    assert brightness == pytest.approx([121.85, 115.5, 113.77], abs=0.05)


def test_truth_has_the_types_and_ranges_that_it_says():
    for scene in SCENES:
        assert scene.image.shape == (64, 64, 3)
        assert scene.image.dtype == scene.labels.dtype == scene.ids.dtype == np.uint8
        assert scene.depth_m.dtype == np.float32
        assert scene.depth_m.min() > 0
        assert scene.depth_m.max() < 10
        millimetres = scene.depth_m.astype(np.float64) * 1000
        np.testing.assert_allclose(millimetres, np.rint(millimetres), atol=1e-3)


def test_ids_and_labels_agree():
    for scene in SCENES:
        assert 1 <= scene.ids.max() <= 5
        assert set(np.unique(scene.ids)) == set(range(scene.ids.max() + 1))
        np.testing.assert_array_equal(scene.ids > 0, scene.labels >= 2)
        for number in range(1, scene.ids.max() + 1):
            assert len(np.unique(scene.labels[scene.ids == number])) == 1


def test_shapes_stand_in_front_of_the_room_and_leave_the_rest_alone():
    for scene, room in zip(SCENES, ROOMS, strict=True):
        inside = scene.ids > 0
        assert (scene.depth_m / room.depth_m)[inside].max() < 1.002
        np.testing.assert_allclose(scene.depth_m[~inside], room.depth_m[~inside], atol=6e-4)
        np.testing.assert_array_equal(scene.labels[~inside], room.labels[~inside])


def test_who_hides_another_is_nearer_everywhere():
    touching = 0
    for scene in SCENES:
        for axis in (0, 1):
            first, second = (
                np.moveaxis(scene.ids, axis, 0)[s] for s in (slice(-1), slice(1, None))
            )
            near, far = (
                np.moveaxis(scene.depth_m, axis, 0)[s] for s in (slice(-1), slice(1, None))
            )
            border = (first != second) & (first > 0) & (second > 0)
            touching += border.sum()
            # Numbers go from far to near.
            assert np.all((first > second)[border] == (near < far)[border])
    assert touching > 500


def test_every_shape_can_be_seen():
    for scene in SCENES:
        assert np.bincount(scene.ids.ravel())[1:].min() >= 24


def test_categories_are_balanced_and_held_out_ones_are_absent():
    seen = Counter(int(c) for scene in SCENES for c in np.unique(scene.labels))
    assert set(seen) == set(range(8))
    assert seen[WALL] == seen[FLOOR] == COUNT
    unseen = render_scene(0, "test", 0, categories=UNSEEN)
    assert set(np.unique(unseen.labels)) <= {0, 1, 8, 9, 10, 11}
    assert ("wall", "floor", *SEEN, *UNSEEN) == CLASSES


def test_nearer_shapes_look_larger():
    depth = [s.depth_m[s.ids == n].mean() for s in SCENES for n in range(1, s.ids.max() + 1)]
    pixels = [np.count_nonzero(s.ids == n) for s in SCENES for n in range(1, s.ids.max() + 1)]
    assert np.corrcoef(depth, np.log(pixels))[0, 1] < -0.6


def test_a_larger_picture_shows_the_same_scene():
    small, large = SCENES[0], render_scene(0, "test", 0, (192, 192))
    assert np.mean(small.labels == large.labels[1::3, 1::3]) > 0.999
    pixels = small.image.ravel(), large.image[1::3, 1::3].ravel()
    assert np.corrcoef(*pixels)[0, 1] > 0.97  # the grain differs
    for index, small in enumerate(SCENES[:8]):
        large = render_scene(0, "test", index, (192, 192))
        assert float(large.image.mean()) == pytest.approx(float(small.image.mean()), rel=0.01)
    wide = render_scene(0, "test", 0, (48, 64))
    assert wide.image.shape == (48, 64, 3)
