from functools import cache

import numpy as np
import pytest

from painter_kit.data.world.codings import base_coding
from painter_kit.data.world.episodes import DEFAULT_MIX, WorldEpisodes, collate
from painter_kit.data.world.scene import render_scene
from painter_kit.data.world.truth import PAINTED_TASKS, scene_truth
from painter_kit.errors import InputError
from painter_kit.tasks.base import get_task

SCENES, FIGURES = 24, 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("world")


@pytest.fixture(scope="module")
def make(folder):
    def build(seed=0, **options):
        return WorldEpisodes(seed, folder, scenes=SCENES, figures=FIGURES, **options)

    return build


def colors(picture):
    return {tuple(c) for c in picture.reshape(-1, 3).tolist()}


@cache
def train_scenes():
    return [render_scene(0, "train", index) for index in range(SCENES)]


def source(image):
    """The training scene that a picture shows, and whether it is mirrored."""
    for index, scene in enumerate(train_scenes()):
        for step in (1, -1):
            if np.array_equal(scene.image[:, ::step], image):
                return index, step, scene
    raise AssertionError("the picture shows no training scene")


def test_an_episode_depends_on_seed_and_index_alone(make):
    first, second = make(), make()
    ahead = [second.episode(index) for index in reversed(range(12))]
    for index in range(12):
        one, other = first.episode(index), ahead[11 - index]
        assert one.task == other.task
        for name in ("images", "targets", "weights"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert np.any(make(seed=1).episode(0).images != first.episode(0).images)


def test_episodes_have_two_different_pictures_of_the_given_types(make):
    episodes = make()
    for index in range(30):
        episode = episodes.episode(index)
        assert episode.images.shape == episode.targets.shape == (2, 64, 64, 3)
        assert episode.images.dtype == episode.targets.dtype == np.uint8
        assert episode.weights.dtype == np.float32
        assert np.any(episode.images[0] != episode.images[1])


def test_tasks_are_drawn_by_their_weights(make):
    assert set(DEFAULT_MIX) == set(PAINTED_TASKS)
    episodes = make(mix={"denoise": 3, "enhance": 1, "depth": 0})
    drawn = [episodes.episode(index).task for index in range(200)]
    assert set(drawn) == {"denoise", "enhance"}
    assert drawn.count("denoise") / 200 == pytest.approx(0.75, abs=0.08)


def test_both_pictures_are_painted_in_one_coding_that_changes_between_episodes(make):
    episodes = make(mix={"foreground": 1})
    palettes = []
    for index in range(12):
        prompt, query = episodes.episode(index).targets
        assert colors(prompt) == colors(query)
        palettes.append(frozenset(colors(query)))
    assert len(set(palettes)) == 12


def test_random_codings_are_as_frequent_as_asked(make):
    base = set(base_coding("semantic").palette)
    never = make(mix={"semantic": 1}, random={})
    assert all(colors(never.episode(i).targets) <= base for i in range(8))
    always = make(mix={"semantic": 1}, random={"semantic": 1.0})
    assert not any(colors(always.episode(i).targets) <= base for i in range(8))


def test_classes_whose_colour_the_prompt_does_not_tell_do_not_count(make):
    untold = 0
    for share in (0.0, 1.0):
        episodes = make(mix={"semantic": 1}, random={"semantic": share})
        for index in range(25):
            episode = episodes.episode(index)
            told = colors(episode.targets[0])
            hidden = [tuple(c) not in told for c in episode.targets[1].reshape(-1, 3).tolist()]
            hidden = np.array(hidden).reshape(64, 64)
            untold += hidden.sum()
            expected = np.where(hidden, 1 - share, 1.0)[..., None]
            np.testing.assert_array_equal(episode.weights[1], np.repeat(expected, 3, axis=2))
            assert (episode.weights[0] == 1).all()
    assert untold > 0


@pytest.mark.parametrize("task", ["depth", "instance", "coco-semantic"])
def test_targets_are_the_truth_of_the_mirrored_scene(make, task):
    episodes = make(mix={task: 1}, random={})
    steps = set()
    for index in range(6):
        episode = episodes.episode(index)
        members = set()
        for image, target in zip(episode.images, episode.targets, strict=True):
            member, step, scene = source(image)
            arrays = (scene.depth_m, scene.labels, scene.ids)
            truth = scene_truth(task, *(array[:, ::step] for array in arrays))
            expected = get_task(task).encode(truth, episodes._specs[task], (64, 64))
            np.testing.assert_array_equal(target, expected)
            members.add(member)
            steps.add(step)
        assert len(members) == 2
    assert steps == {1, -1}


def test_keypoints_follow_their_limbs_through_the_mirror(make):
    """Left limbs are light in every picture, so the colour of a left hand lies on light pixels."""
    episodes = make(mix={"keypoint": 1})
    spec = episodes._specs["keypoint"]
    light, dark = [], []
    for index in range(10):
        episode = episodes.episode(index)
        for image, target in zip(episode.images, episode.targets, strict=True):
            for name, values in (("left_hand", light), ("right_hand", dark)):
                color = spec.coding.palette[spec.protocol.names.index(name)]
                centre = (target[..., 1:] == color[1:]).all(axis=2) & (target[..., 0] > 240)
                values.append(image[centre].mean() if centre.any() else np.nan)
    assert np.nanmean(np.array(light) > np.array(dark)) > 0.9


def test_corrupted_pictures_share_their_strength_and_are_painted_clean(make):
    noise = make(mix={"denoise": 1})
    darkness = make(mix={"enhance": 1})
    for index in range(6):
        episode = noise.episode(index)
        for target in episode.targets:
            source(target)
        prompt, query = (episode.images.astype(float) - episode.targets).std(axis=(1, 2, 3))
        assert prompt == pytest.approx(query, rel=0.15)
        dark = darkness.episode(index)
        pairs = [
            set(zip(t.ravel().tolist(), i.ravel().tolist(), strict=True))
            for i, t in zip(dark.images, dark.targets, strict=True)
        ]
        first, second = (dict(p) for p in pairs)
        assert all(second[level] == first[level] for level in first.keys() & second.keys())


def test_collate_stacks_in_order(make):
    episodes = make()
    batch = collate([episodes.episode(i) for i in range(3)])
    assert batch.images.shape == batch.targets.shape == batch.weights.shape == (3, 2, 64, 64, 3)
    assert batch.tasks == tuple(episodes.episode(i).task for i in range(3))
    np.testing.assert_array_equal(batch.targets[2], episodes.episode(2).targets)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"mix": {"pose": 1}}, "mix: unknown task 'pose'; use depth"),
        ({"mix": {"depth": -1}}, "mix: depth must be at least 0 but got -1"),
        ({"mix": {"depth": 0}}, "mix: at least one task needs a weight above 0"),
        ({"random": {"instance": 1}}, "random_coding: unknown task 'instance'"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_rendered(tmp_path, options, text):
    with pytest.raises(InputError, match=text):
        WorldEpisodes(0, tmp_path / "none", **options)
    assert not (tmp_path / "none").exists()
