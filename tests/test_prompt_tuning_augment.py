"""Queries changed on picture and truth alike."""

from dataclasses import replace

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.tasks.base import get_task
from painter_kit.types import Example
from prompt_tuning.augment import augmented

WORLD = open_dataset("world")


class Fixed:
    """Draws these numbers."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = numbers

    def random(self, count: int) -> np.ndarray:
        assert count == len(self.numbers)
        return np.array(self.numbers)


MIRROR, CROP = Fixed(0.0, 1.0, 0.0, 0.0), Fixed(0.9, 0.0, 0.99, 0.99)


def world(task: str) -> Example:
    return WORLD.examples(task, "train")[3]


def aligned(task: str, example: Example) -> np.ndarray:
    spec = WORLD.spec(task)
    spec = spec.with_coding(example.coding or spec.coding)
    return get_task(task).encode(example.truth, spec, example.image.shape[:2])


@pytest.mark.parametrize("task", ["depth", "semantic", "foreground", "denoise"])
def test_mirrored_truth_is_painted_as_the_mirrored_target(task: str):
    example = world(task)
    mirrored = augmented(example, "mirror", MIRROR)
    np.testing.assert_array_equal(mirrored.image, example.image[:, ::-1])
    np.testing.assert_array_equal(aligned(task, mirrored), aligned(task, example)[:, ::-1])


def test_places_of_instances_are_told_anew():
    """The colour of an instance is its place: it is painted from the truth, not mirrored."""
    example = world("instance")
    mirrored = augmented(example, "mirror", MIRROR)
    np.testing.assert_array_equal(mirrored.truth["masks"], example.truth["masks"][:, :, ::-1])
    old, new = aligned("instance", example)[:, ::-1], aligned("instance", mirrored)
    np.testing.assert_array_equal(old.any(-1), new.any(-1))
    assert (old != new).any()


def test_crops_are_mild_and_common_to_picture_and_truth():
    example = world("depth")
    cropped = augmented(example, "mirror+crop", CROP)
    height, width = example.image.shape[:2]
    rows, columns = cropped.image.shape[:2]
    assert (rows, columns) == (round(0.8 * height), round(0.8 * width))
    np.testing.assert_array_equal(cropped.image, example.image[-rows:, -columns:])
    np.testing.assert_array_equal(
        cropped.truth["depth_m"], example.truth["depth_m"][-rows:, -columns:]
    )


def test_no_instance_is_cropped_away():
    example = world("instance")
    masks = np.zeros((1, *example.image.shape[:2]), bool)
    masks[0, 0, 0] = True  # outside of what CROP keeps
    corner = replace(example, truth={"masks": masks})
    assert augmented(corner, "mirror+crop", CROP) is corner


@pytest.mark.parametrize("how", ["mirror", "mirror+crop"])
def test_truth_that_is_no_plane_stays(how: str):
    example = world("keypoint")
    assert augmented(example, how, MIRROR) is example
    viewed = replace(world("depth"), views=(world("depth").image,))
    assert augmented(viewed, how, MIRROR) is viewed


def test_none_changes_nothing_and_draws_as_much():
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    example = world("depth")
    assert augmented(example, "none", one) is example
    augmented(example, "mirror+crop", two)
    assert one.random() == two.random()


def test_half_are_mirrored():
    rng, example = np.random.default_rng(0), world("foreground")
    same = [augmented(example, "mirror", rng) is example for _ in range(200)]
    assert 70 < sum(same) < 130
