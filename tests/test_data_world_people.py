import numpy as np
import pytest

from painter_kit.data.world.figures import person_bones
from painter_kit.data.world.people import JOINTS, Placed, _joints, draw_people
from painter_kit.data.world.scene import render_scene

IMAGE = render_scene(0, "train", 0, (96, 128)).image


def people(*places: Placed, seed: int = 3):
    return draw_people(np.random.default_rng(seed), IMAGE, places)


def test_joints_end_where_the_keypoints_are():
    bones = person_bones(np.random.default_rng(0))
    named = dict(zip(JOINTS, _joints(bones), strict=True))
    for side in ("left", "right"):
        np.testing.assert_allclose(named[f"{side}_ankle"], bones.keypoints[f"{side}_foot"])
        np.testing.assert_allclose(named[f"{side}_wrist"], bones.keypoints[f"{side}_hand"])
        thigh = np.linalg.norm(named[f"{side}_knee"] - named[f"{side}_hip"])
        assert thigh == pytest.approx(0.165)
    np.testing.assert_allclose(named["nose"], bones.keypoints["head"])


def test_a_person_alone_is_drawn_inside_its_mask_and_nowhere_far_from_it():
    image, (person,) = people(Placed(0.1, 0.55, 0.7))
    assert person.mask.sum() > 300
    changed = np.any(image != IMAGE, axis=2)
    assert changed[person.mask].mean() > 0.95
    rows, columns = np.nonzero(changed)
    inside = np.nonzero(person.mask)
    assert rows.min() >= inside[0].min() - 3
    assert columns.max() <= inside[1].max() + 3
    assert np.all(person.joints[:, 2] == 2)
    for x, y, _ in person.joints:
        near = person.mask[max(round(y) - 1, 0) : round(y) + 2, max(round(x) - 1, 0) : round(x) + 2]
        assert near.any()


def test_the_nearer_person_hides_the_farther():
    place = Placed(0.0, 0.55, 0.6)
    _, (far, near) = people(place, Placed(0.02, 0.56, 0.8))
    assert not (far.mask & near.mask).any()
    covered = near.mask[tuple(np.rint(far.joints[:, 1::-1]).astype(int).T)]
    assert covered.any()
    np.testing.assert_array_equal(far.joints[:, 2], np.where(covered, 1, 2))


def test_joints_outside_the_picture_are_not_labelled():
    _, (person,) = people(Placed(0.64, 0.9, 0.8))
    outside = person.joints[:, 2] == 0
    assert outside.any()
    assert not outside.all()
    assert not person.joints[outside].any()
    assert np.all(person.joints[~outside, :2] < (128, 96))


def test_a_seed_gives_one_picture_and_nobody_leaves_it_alone():
    first, second = people(Placed(0, 0.5, 0.5))[0], people(Placed(0, 0.5, 0.5))[0]
    np.testing.assert_array_equal(first, second)
    image, found = people()
    np.testing.assert_array_equal(image, IMAGE)
    assert found == []
