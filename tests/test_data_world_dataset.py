import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.world.codings import RESERVED
from painter_kit.data.world.corruption import RESTORATION_TASKS
from painter_kit.data.world.dataset import (
    HELD_BACK,
    SUBSETS,
    TRAIN_FIGURES,
    TRAIN_SCENES,
    WorldExamples,
    open_world,
)
from painter_kit.data.world.truth import WORLD_TASKS
from painter_kit.errors import InputError

WORLD, SHIFTED, UNSEEN = (open_dataset(n) for n in ("world", "world-shifted", "world-unseen"))


@pytest.mark.parametrize("dataset", [WORLD, SHIFTED, UNSEEN], ids=lambda d: d.name)
def test_every_task_has_examples_in_every_subset(dataset):
    assert dataset.tasks == WORLD_TASKS
    assert dataset.sources == dict(zip(("pool", *SUBSETS[1:]), SUBSETS, strict=True))
    for task in dataset.tasks:
        for subset in SUBSETS:
            examples = dataset.examples(task, subset)
            assert len(examples) == len(set(examples.ids)) == len(set(examples.groups))
            assert len(examples) >= HELD_BACK
        assert dataset.examples(task, "test")[3].id == "test/000003"


def test_the_pool_is_what_the_model_is_trained_on():
    assert len(WORLD.examples("depth", "train")) == TRAIN_SCENES
    assert len(WORLD.examples("keypoint", "train")) == TRAIN_FIGURES


def test_examples_do_not_depend_on_what_was_read_before():
    for task in WORLD_TASKS:
        first = WORLD.examples(task, "select")[7]
        for other in WORLD_TASKS:
            _ = WORLD.examples(other, "select")[8]
        again = open_world("", None).examples(task, "select")[7]
        assert first.digest == again.digest
        assert first.coding == again.coding


def test_subsets_and_variants_share_no_scene():
    pictures = {
        (d.name, subset): d.examples("depth", subset)[0].image.tobytes()
        for d in (WORLD, UNSEEN)
        for subset in SUBSETS
    }
    assert len(set(pictures.values())) == 8
    assert SHIFTED.examples("depth", "test")[0].digest == WORLD.examples("depth", "test")[0].digest


def test_held_out_categories_and_skeletons_are_only_in_world_unseen():
    for index in range(12):
        seen, unseen = (set(np.unique(_labels(d, index))) for d in (WORLD, UNSEEN))
        assert seen <= set(range(8))
        assert unseen <= {0, 1, 8, 9, 10, 11}
        assert unseen & {8, 9, 10, 11}
    boxes = [UNSEEN.examples("keypoint", "test")[i].truth["box"] for i in range(12)]
    assert np.mean([b[2] > b[3] for b in boxes]) > 0.5  # on four legs: wider than high


def _labels(dataset, index):
    return dataset.examples("semantic", "test")[index].truth["labels"]


def test_foreground_colours_are_drawn_per_example():
    for dataset in (WORLD, SHIFTED, UNSEEN):
        examples = dataset.examples("foreground", "test")
        palettes = [examples[i].coding.palette for i in range(10)]
        assert len(set(palettes)) >= 8
        reserved = [set(p) <= set(RESERVED) for p in palettes]
        assert all(reserved) if dataset is SHIFTED else not any(reserved)
    assert WORLD.examples("depth", "test")[0].coding is None


def test_restoration_shows_the_corrupted_and_keeps_the_clean_picture():
    clean = WORLD.examples("depth", "test")[2].image
    for task in RESTORATION_TASKS:
        example = WORLD.examples(task, "test")[2]
        np.testing.assert_array_equal(example.truth["clean"], clean)
        assert np.any(example.image != clean)


def test_examples_cannot_be_changed_by_accident():
    example = WORLD.examples("semantic", "test")[0]
    with pytest.raises(ValueError, match="read-only"):
        example.truth["labels"][0, 0] = 7


def test_an_index_beyond_the_end_is_refused():
    with pytest.raises(IndexError, match="between 0 and 1999"):
        WORLD.examples("depth", "test")[2000]
    assert sum(1 for _, _ in zip(WORLD.examples("depth", "test"), range(3), strict=False)) == 3


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: WORLD.examples("pose", "test"), "world has no task 'pose'"),
        (lambda: WORLD.spec("pose"), "world has no task 'pose'"),
        (lambda: WORLD.examples("depth", "val"), "unknown subset 'val' of world; use train"),
        (lambda: open_dataset("world:7"), "--data world takes nothing after a colon but got '7'"),
    ],
)
def test_bad_names_are_refused_in_one_line(call, text):
    with pytest.raises(InputError, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_another_size_shows_the_same_scene_and_another_seed_another():
    small = WORLD.examples("depth", "test")
    large, other = (WorldExamples("depth", "test", "world", 4, (128, 128), seed) for seed in (0, 1))
    assert large[1].image.shape == (128, 128, 3)
    assert list(large.ids) == list(small.ids)[:4]
    close = np.abs(large[1].truth["depth_m"][::2, ::2] - small[1].truth["depth_m"]) < 0.2
    assert close.mean() > 0.95
    close = np.abs(other[1].truth["depth_m"][::2, ::2] - small[1].truth["depth_m"]) < 0.2
    assert close.mean() < 0.8
