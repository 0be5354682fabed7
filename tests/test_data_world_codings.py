import numpy as np
import pytest

from painter_kit.data.world import codings
from painter_kit.data.world.codings import (
    FOREGROUND_DISTANCE,
    KEYPOINT_DISTANCE,
    PALETTE_DISTANCE,
    RANDOM_CODING_TASKS,
    RESERVED,
    RESERVED_DISTANCE,
    base_coding,
    l1,
    random_coding,
    reserved_foreground,
    shifted_coding,
    spread,
)
from painter_kit.tasks.colors import grid_palette, ramp_table
from painter_kit.types import Coding

DRAWS = 150


def painted(task: str, coding: Coding) -> np.ndarray:
    """Every colour that a target in this coding can have, except black for 'ignored'."""
    if task == "depth":
        return ramp_table(coding.ramp).astype(int)
    return np.array(coding.palette)


def training_colors(task: str) -> np.ndarray:
    """The colours of the base coding and of many random codings."""
    drawn = [base_coding(task)]
    if task in RANDOM_CODING_TASKS:
        rng = np.random.default_rng(0)
        drawn += [random_coding(task, rng) for _ in range(DRAWS)]
    return np.unique(np.concatenate([painted(task, coding) for coding in drawn]), axis=0)


@pytest.mark.parametrize("task", RANDOM_CODING_TASKS)
def test_no_reserved_colour_is_near_one_that_training_paints(task):
    trained = training_colors(task)
    reserved = painted(task, shifted_coding(task))
    nearest = min(l1([color], trained).min() for color in reserved)
    assert nearest >= RESERVED_DISTANCE == 60


@pytest.mark.parametrize("task", RANDOM_CODING_TASKS)
def test_random_colours_reach_every_corner_that_is_not_reserved(task):
    trained = training_colors(task)
    red = (0,) if task == "keypoint" else (0, 255)
    corners = np.array([[r, g, b] for r in red for g in (0, 255) for b in (0, 255)])
    near = l1(corners, trained).min(axis=1)
    free = l1(corners, painted(task, shifted_coding(task))).min(axis=1) > 150
    assert free.sum() >= (1 if task == "keypoint" else 3)
    assert near[free].max() < 150


def test_foreground_of_world_shifted_has_two_different_reserved_colours():
    rng = np.random.default_rng(0)
    pairs = {reserved_foreground(rng).palette for _ in range(500)}
    assert len(pairs) == len(RESERVED) * (len(RESERVED) - 1)
    assert all(pair[0] != pair[1] and set(pair) <= set(RESERVED) for pair in pairs)


@pytest.mark.parametrize(
    ("coding", "least"),
    [
        (base_coding("semantic"), 120),
        (base_coding("coco-semantic"), 100),
        (base_coding("keypoint"), 100),
        (shifted_coding("semantic"), 160),
        (shifted_coding("keypoint"), 70),
    ],
)
def test_colours_of_a_palette_and_black_can_be_told_apart(coding, least):
    colors = [(0, 0, 0), *coding.palette]
    apart = l1(colors, colors)[~np.eye(len(colors), dtype=bool)]
    assert apart.min() >= least


@pytest.mark.parametrize(
    ("task", "count", "least"),
    [
        ("semantic", 8, PALETTE_DISTANCE),
        ("foreground", 2, FOREGROUND_DISTANCE),
        ("keypoint", 7, KEYPOINT_DISTANCE),
    ],
)
def test_colours_of_a_random_palette_can_be_told_apart(task, count, least):
    rng = np.random.default_rng(1)
    for _ in range(100):
        palette = random_coding(task, rng).palette
        assert len(palette) == count
        assert l1(palette, palette)[~np.eye(count, dtype=bool)].min() >= least
        assert l1(palette, [(0, 0, 0)]).min() >= 60


def test_random_colours_of_keypoints_leave_red_to_the_heat():
    palette = random_coding("keypoint", np.random.default_rng(3)).palette
    assert {red for red, _, _ in palette} == {0}


def test_random_ramps_are_long_enough_to_be_read():
    rng = np.random.default_rng(2)
    for _ in range(100):
        near, far = random_coding("depth", rng).ramp
        assert l1([near], [far]).item() >= codings.RAMP_LENGTH


def test_base_palettes_are_colours_of_the_papers():
    assert base_coding("depth") == Coding()
    assert set(base_coding("semantic").palette) <= set(grid_palette(150, 6))
    assert set(base_coding("coco-semantic").palette) <= set(grid_palette(133, 7))
    assert len(base_coding("semantic").palette) == 12
    assert base_coding("semantic", 8).palette == base_coding("semantic").palette[:8]
    assert all(red == 0 for red, _, _ in base_coding("keypoint").palette)
    assert shifted_coding("instance") == base_coding("instance")
    assert shifted_coding("denoise") == Coding()


def test_spread_takes_the_farthest_candidate_each_time():
    line = [(0, 0, 0), (10, 0, 0), (40, 0, 0), (100, 0, 0)]
    assert spread(line, 2, [(0, 0, 0)]) == ((100, 0, 0), (40, 0, 0))


def test_a_generator_gives_one_coding():
    first, second = (random_coding("depth", np.random.default_rng(5)) for _ in range(2))
    assert first == second
