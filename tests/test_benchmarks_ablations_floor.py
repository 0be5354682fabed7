"""The level that needs no model is measured on the pictures that judged the cells."""

import numpy as np
import pytest

from benchmarks.ablations.floor import floors
from painter_kit.data.base import open_dataset
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import draw_queries
from painter_kit.training.validate import no_model
from tests.ablation_cards import result

WORLD = open_dataset("world")


def small(name: str, **values: float):
    """A finished cell that 12 pictures judged."""
    found = result(name, 0, **values)
    for task in found.card["validation"]["tasks"]:
        task["examples"] = 12
    return found


def test_the_floors_are_those_of_the_validation_where_it_has_any():
    found = floors([small("joint", depth=1.0, denoise=20.0)])
    tasks = {name: get_task(name) for name in found}
    expected = {
        name: no_model(task, WORLD.spec(name), WORLD, draw_queries(WORLD, name, "select", 12))
        for name, task in tasks.items()
    }
    assert found["denoise"].name == "copy of the input"
    assert found["denoise"].metrics["psnr"] == pytest.approx(
        expected["denoise"]["input psnr"], abs=0.01
    )
    assert found["depth"].name == "mean training target"
    assert found["depth"].metrics["rmse"] == pytest.approx(
        expected["depth"]["mean map rmse"], rel=0.1
    )


def test_of_semantic_it_is_the_most_frequent_label_of_each_place():
    found = floors([small("base", semantic=0.5)])["semantic"]
    truths = [e.truth["labels"] for e in draw_queries(WORLD, "semantic", "select", 12)]
    assert found.name == "mean training target"
    assert 0.1 < found.metrics["miou"] < found.metrics["pacc"] < 0.9
    wall = np.bincount(np.concatenate([t.ravel() for t in truths])).argmax()
    share = np.mean([(t == wall).mean() for t in truths])
    assert found.metrics["pacc"] > share  # wall above and floor below beat either alone
