"""Crops and colours of training pairs: torchvision's distribution, keyed, one crop for both."""

import numpy as np
import pytest
import torch
from torchvision.transforms import RandomResizedCrop

from painter_kit.data.pairs import PAIR_TYPES
from painter_kit.data.transforms import (
    POLICIES,
    Policy,
    crop_box,
    policy_of,
    training_pair,
    whole_pair,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def pair(height: int = 60, width: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """A picture whose red is its row and green its column, and itself as the target."""
    y, x = np.mgrid[:height, :width]
    image = np.stack([4 * y % 256, 3 * x % 256, 0 * x + 90], axis=-1).astype(np.uint8)
    return image, image.copy()


def test_every_type_of_the_lists_has_a_policy():
    assert set(PAIR_TYPES.values()) == set(POLICIES)
    assert policy_of("foreground") == policy_of("denoise") == Policy()
    plain = [task for task, policy in POLICIES.items() if not policy.augmented]
    assert plain == ["instance", "keypoint"]
    assert not any(POLICIES[task].recropped for task in plain)
    smooth = [task for task, policy in POLICIES.items() if policy.target_resize == "bicubic"]
    assert smooth == ["depth", "keypoint"]


@pytest.mark.parametrize(
    ("scale", "ratio"), [((0.3, 1.0), (0.75, 4 / 3)), ((0.3, 1.0), (0.3, 0.7))]
)
def test_crops_are_distributed_as_torchvisions(scale, ratio):
    size, count = (120, 80), 2000
    ours = np.array([crop_box(rng(i), size, scale, ratio) for i in range(count)])
    torch.manual_seed(0)
    blank = torch.zeros(3, *size)
    theirs = np.array(
        [RandomResizedCrop.get_params(blank, list(scale), list(ratio)) for _ in range(count)]
    )
    error = np.sqrt((ours.var(0) + theirs.var(0)) / count)
    assert (np.abs(ours.mean(0) - theirs.mean(0)) < 4 * error).all()
    assert (ours[:, 0] + ours[:, 2] <= 120).all()
    assert (ours[:, 1] + ours[:, 3] <= 80).all()


def test_a_crop_that_never_fits_is_the_centre_of_allowed_aspect():
    assert crop_box(rng(), (10, 100), (0.9999, 1.0), (3 / 4, 4 / 3)) == (0, 43, 10, 13)
    assert crop_box(rng(), (100, 10), (0.9999, 1.0), (3 / 4, 4 / 3)) == (43, 0, 13, 10)
    assert crop_box(rng(1), (64, 64), (1.0, 1.0), (1.0, 1.0)) == (0, 0, 64, 64)


def test_a_sample_depends_on_its_generator_alone():
    image, target = pair()
    first = training_pair(image, target, 32, POLICIES["denoise"], rng(5))
    again = training_pair(image, target, 32, POLICIES["denoise"], rng(5))
    other = training_pair(image, target, 32, POLICIES["denoise"], rng(6))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first[1] != other[1]).any()


def test_picture_and_target_stay_aligned_and_only_the_picture_is_recoloured():
    image, target = pair()
    smooth = Policy(target_resize="bicubic")
    recoloured = mirrored = 0
    for seed in range(40):
        picture, painted = training_pair(image, target, 32, smooth, rng(seed))
        assert picture.shape == painted.shape == (32, 32, 3)
        assert picture.dtype == painted.dtype == np.uint8
        difference = np.abs(picture.astype(int) - painted).max()
        recoloured += difference > 0
        columns = painted[16, :, 1].astype(int)
        mirrored += columns[0] > columns[-1]
        if difference:  # still the same rows: brighter or darker, but in step
            rows = [p[:, 16].astype(float).sum(-1) for p in (picture, painted)]
            assert abs(np.corrcoef(rows)[0, 1]) > 0.5
    assert 25 <= recoloured <= 39
    assert 10 <= mirrored <= 30


def test_instances_and_keypoints_are_taken_whole():
    image, target = pair(64, 64)
    for task in ("instance", "keypoint"):
        picture, painted = training_pair(image, target, 64, POLICIES[task], rng(2))
        whole = whole_pair(image, target, 64, POLICIES[task])
        assert np.abs(picture.astype(int) - whole[0]).mean() < 6  # at most a pixel is cut off
        assert np.abs(painted.astype(int) - whole[1]).mean() < 6


def test_brightness_reaches_the_released_limits():
    grey = np.full((40, 40, 3), 100, np.uint8)
    values = [training_pair(grey, grey, 8, Policy(), rng(i))[0].mean() for i in range(60)]
    assert 58 < min(values) < 70
    assert 130 < max(values) < 142


def test_whole_pairs_use_the_filter_of_the_task():
    labels = np.zeros((40, 40, 3), np.uint8)
    labels[:, 20:] = 200
    for task, blended in (("semantic", False), ("depth", True)):
        painted = whole_pair(labels, labels, 30, POLICIES[task])[1]
        assert bool(set(np.unique(painted)) - {0, 200}) is blended
