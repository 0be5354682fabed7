import io

import numpy as np
import pytest
from PIL import Image as Pictures

from painter_kit.data.base import open_dataset
from painter_kit.data.edits import Box, crop_example, mirrored
from painter_kit.evaluation.likeness import NEAR, Shown, Watched, pair_features, thumbnail
from painter_kit.evaluation.order import generator
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Example, Image, Pair
from tests.toys import Listed

WORLD = open_dataset("world")
COUNT = 40


def compressed(picture: Image) -> Image:
    data = io.BytesIO()
    Pictures.fromarray(picture).save(data, "JPEG", quality=50)
    return np.asarray(Pictures.open(data))


def noisy(picture: Image) -> Image:
    noise = generator(0, "noise").normal(0, 8, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def brighter(picture: Image) -> Image:
    return np.clip(picture * 1.15, 0, 255).astype(np.uint8)


def smaller(picture: Image) -> Image:
    return np.asarray(Pictures.fromarray(picture).resize((48, 52), Pictures.Resampling.BICUBIC))


COPIES = (compressed, noisy, brighter, smaller)


@pytest.mark.parametrize("task", ["depth", "keypoint", "denoise"])
def test_the_limit_lies_between_copies_and_other_scenes(task: str):
    examples = WORLD.examples(task, "train")
    pictures = [examples[i].image for i in range(COUNT)]
    features = np.stack([thumbnail(p) for p in pictures])
    others = (features @ features.T)[np.triu_indices(COUNT, 1)]
    assert others.max() < NEAR - 0.08
    for copy in COPIES:
        copies = np.stack([thumbnail(copy(p)) for p in pictures])
        assert (features * copies).sum(1).min() > NEAR


@pytest.mark.parametrize("task", ["semantic", "instance"])
def test_pairs_of_one_scene_are_near_only_if_the_target_is(task: str):
    source, spec = WORLD.examples(task, "train"), WORLD.spec(task)
    for index in range(5):
        example = source[index]
        pair = make_pair(get_task(task), spec, example)
        own = pair_features(pair)
        assert own @ own == pytest.approx(1, abs=1e-5)
        copy = pair_features(Pair(noisy(pair.image), pair.target, pair.coding))
        assert own @ copy > NEAR
        other = make_pair(get_task(task), spec, source[index + 5])
        swapped = Pair(pair.image, other.target, pair.coding)
        assert own @ pair_features(swapped) < NEAR
        part = make_pair(get_task(task), spec, crop_example(example, Box(6, 6, 44, 44)))
        assert own @ pair_features(part) < NEAR


def test_another_noise_makes_another_pair():
    """The scene is the same, what the prompt shows of the noise is not."""
    rng = generator(0, "grain")
    clean = WORLD.examples("denoise", "train")[3].truth["clean"]

    def grainy(sd: float) -> Pair:
        noise = rng.normal(0, sd, clean.shape)
        image = np.clip(clean + noise, 0, 255).astype(np.uint8)
        return Pair(image, clean, WORLD.spec("denoise").coding)

    one, other = pair_features(grainy(10)), pair_features(grainy(25))
    assert thumbnail(grainy(10).image) @ thumbnail(grainy(25).image) > NEAR
    assert one @ other < NEAR


def test_flat_pictures_resemble_nothing():
    flat = np.full((20, 30, 3), 77, np.uint8)
    assert not thumbnail(flat).any()
    assert pair_features(Pair(flat, flat, WORLD.spec("depth").coding)).shape == (576,)


def listed(pictures: list[Image], views: tuple[Image, ...] = ()) -> Listed:
    return Listed([Example(f"e{i}", "g", p, {}, views=views) for i, p in enumerate(pictures)])


def test_queries_are_found_among_prompts():
    examples = WORLD.examples("depth", "select")
    pictures = [examples[i].image for i in range(4)]
    shown = Shown.of(listed(pictures[:2]), listed(pictures[2:3]))
    assert shown.like(pictures[2].copy()) == "a copy"
    assert shown.like(noisy(pictures[1])) == "a near-copy"
    assert shown.like(pictures[3]) == ""
    assert shown.like(mirrored(pictures[0])) == ""
    # With a limit of 1 only copies of the pixels count.
    assert shown.like(noisy(pictures[1]), 1) == ""
    assert shown.like(pictures[1], 1) == "a copy"
    flat = np.zeros((8, 8, 3), np.uint8)
    assert Shown.of(listed([flat])).like(flat) == "a copy"
    assert Shown.of(listed([flat])).like(flat + np.uint8(1)) == ""
    assert Shown.of().like(pictures[0]) == ""


def test_views_are_painted_and_therefore_shown():
    examples = WORLD.examples("depth", "select")
    shown = Shown.of(listed([examples[0].image], views=(examples[1].image,)))
    assert shown.like(examples[1].image) == "a copy"


def test_watched_examples_name_those_that_show_the_prompt():
    examples = WORLD.examples("depth", "select")
    pictures = [examples[i].image for i in range(3)]
    source = listed([pictures[0], noisy(pictures[1]), pictures[2], pictures[1]])
    watched = Watched(source, [pictures[1]])
    assert (list(watched.ids), len(watched)) == (source.ids, 4)
    assert list(watched.groups) == source.groups
    assert watched[0].image is source[0].image
    assert watched.alike == {}
    assert [e.id for e in watched] == source.ids
    assert watched.alike == {"e1": "a near-copy", "e3": "a copy"}
