"""Prompts and queries that a trained model is judged on."""

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.data.builtin import open_builtin
from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError
from painter_kit.training.draws import Resized, draw_prompts, draw_queries

WORLD = open_dataset("world")
SPLITS = ("pool", "select", "confirm", "test")


def test_tasks_are_given_the_same_scenes():
    ids = {
        task: [e.id for e in draw_queries(WORLD, task, "test", 5)] for task in ("depth", "derain")
    }
    assert ids["depth"] == ids["derain"]
    assert all(name.startswith("test/") for name in ids["depth"])
    assert [e.id for e in draw_queries(WORLD, "depth", "test", 3)] == ids["depth"][:3]
    assert [e.id for e in draw_queries(WORLD, "depth", "test", 5, seed=1)] != ids["depth"]


def test_prompts_are_training_scenes_and_show_something():
    prompts = draw_prompts(WORLD, "instance", 4)
    names = [str(p.provenance["candidate"]) for p in prompts]
    assert len(set(names)) == 4
    assert all(name.startswith("train/") for name in names)
    assert all(p.pair.target.any() for p in prompts)
    assert {(p.task, p.kind, p.provenance["data"]) for p in prompts} == {
        ("instance", "random", "world")
    }


def test_too_few_prompts_are_named():
    with pytest.raises(InputError, match="1000 validation prompts of depth are asked for"):
        draw_prompts(open_builtin("", None), "depth", 1000)


def test_specs_take_the_side_of_the_model():
    resized = Resized(WORLD, 32)
    assert resized.spec("depth").canvas == 32
    assert Resized(WORLD, 64).spec("depth") == WORLD.spec("depth")
    assert (resized.name, resized.tasks, resized.sources) == (
        WORLD.name,
        WORLD.tasks,
        WORLD.sources,
    )
    assert resized.examples("depth", "test")[0].image.shape == (64, 64, 3)


def test_splits_of_one_subset_share_no_example(tmp_path):
    for part in ("images", "targets"):
        for number in range(40):
            picture = np.full((6, 8, 3), 5 * number + 5, np.uint8)
            write_png(tmp_path / part / f"{number:02d}.png", picture)
    data = open_dataset(f"folder:{tmp_path}")
    drawn = {split: {e.id for e in draw_queries(data, "denoise", split, 99)} for split in SPLITS}
    assert sum(len(ids) for ids in drawn.values()) == 40
    assert len(set.union(*drawn.values())) == 40
    prompts = draw_prompts(data, "denoise", 4)
    assert {str(p.provenance["candidate"]) for p in prompts} <= drawn["pool"]
