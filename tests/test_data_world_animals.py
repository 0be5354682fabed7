import numpy as np
import pytest

from painter_kit.data.world.animals import JOINTS, animal_joints
from painter_kit.data.world.figures import person_bones, quadruped_bones
from painter_kit.data.world.people import Placed, draw_people

IMAGE = np.full((96, 128, 3), 120, np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_joints_lie_on_the_bones(seed: int):
    bones = quadruped_bones(np.random.default_rng(seed))
    named = dict(zip(JOINTS, animal_joints(bones), strict=True))
    np.testing.assert_allclose(named["nose"], bones.keypoints["head"])
    np.testing.assert_allclose(named["tail_base"], bones.keypoints["rump"])
    for side in ("left", "right"):
        for end, foot, anchor in (("front", "front", "chest"), ("back", "hind", "rump")):
            top, middle, paw = (named[f"{side}_{end}_{j}"] for j in ("top", "middle", "paw"))
            np.testing.assert_allclose(paw, bones.keypoints[f"{side}_{foot}_foot"])
            assert np.linalg.norm(middle - paw) == pytest.approx(0.15)
            assert np.linalg.norm(top - bones.keypoints[anchor]) == pytest.approx(0.4 * 0.15)
    assert len({tuple(np.round(point, 6)) for point in named.values()}) == len(JOINTS) == 16


def test_people_have_no_such_joints():
    with pytest.raises(ValueError, match="bones must be those of a quadruped"):
        animal_joints(person_bones(np.random.default_rng(0)))


def test_animals_are_drawn_with_their_joints_in_their_masks():
    rng = np.random.default_rng(2)
    places = [Placed(0.0, 0.5, 0.9)]
    image, (animal,) = draw_people(rng, IMAGE, places, quadruped_bones, animal_joints)
    assert animal.joints.shape == (16, 3)
    changed = np.any(image != IMAGE, axis=2)
    assert changed[animal.mask].mean() > 0.95
    for x, y, seen in animal.joints:
        if seen:
            rows, columns = np.nonzero(animal.mask)
            assert np.hypot(rows - y, columns - x).min() < 2
