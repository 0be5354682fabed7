import numpy as np

from painter_kit.evaluation.order import generator
from prompt_search.duplicates import later_copies


def turned(*degrees: float) -> np.ndarray:
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


NEAR = float(np.cos(np.deg2rad(10)))


def test_the_later_of_two_near_ones_goes():
    features = turned(0, 90, 9, 91, 20)
    assert later_copies(features, ["a"] * 5, NEAR) == [2, 3]


def test_a_dropped_one_drops_no_other():
    """8 and 16 degrees are near each other, but only the first is near to one that stays."""
    assert later_copies(turned(0, 8, 16), ["a"] * 3, NEAR) == [1]


def test_groups_are_looked_at_one_by_one():
    assert later_copies(turned(0, 1, 2, 3), ["a", "b", "a", "b"], NEAR) == [2, 3]
    assert later_copies(turned(0, 0), ["a", "b"], NEAR) == []


def test_one_switches_it_off_and_flat_pictures_are_no_copies():
    assert later_copies(turned(0, 0), ["a", "a"], 1.0) == []
    assert later_copies(np.zeros((3, 4), np.float32), ["a"] * 3, NEAR) == []


def test_every_dropped_one_has_a_near_one_that_stays():
    rng = generator(0, "features")
    features = rng.normal(size=(200, 3)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    groups = [str(g) for g in rng.integers(0, 5, 200)]
    dropped = later_copies(features, groups, 0.9)
    kept = [i for i in range(200) if i not in dropped]
    assert 20 < len(dropped) < 180
    cosine = features @ features.T
    same = np.array(groups)[:, None] == np.array(groups)
    near = (cosine > 0.9) & same & ~np.eye(200, dtype=bool)
    assert not near[np.ix_(kept, kept)].any()
    for index in dropped:
        assert near[index, [k for k in kept if k < index]].any()
