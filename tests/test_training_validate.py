"""Validation figures on the world, of a network too small to be good at anything."""

import json

import numpy as np
import pytest
import torch

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import evaluate
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.builders import get_config
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.training.validate import TaskFigures, Validation, validate

WORLD = open_dataset("world")


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    torch.manual_seed(0)
    return Predictor(get_config("world-tiny").build(), batch_size=4)


@pytest.fixture(scope="module")
def validation(predictor: Predictor) -> Validation:
    return validate(predictor, WORLD, prompts=2, examples=3)


def figures(validation: Validation, task: str) -> TaskFigures:
    return next(f for f in validation.figures if f.task == task)


def test_every_task_has_its_primary_metric_first(validation: Validation):
    assert [f.task for f in validation.figures] == list(WORLD.tasks)
    for found in validation.figures:
        spec = WORLD.spec(found.task)
        assert next(iter(found.values)) == found.metric == spec.metric
        assert (found.direction, found.examples) == (spec.direction, 3)
        assert all(len(values) == 2 for values in found.values.values())
        assert len(set(found.prompts)) == 2
        assert all(name.startswith("train/") for name in found.prompts)


def test_panoptic_is_painted_under_the_prompts_of_its_parts(validation: Validation):
    parts = [figures(validation, task).prompts for task in ("coco-semantic", "instance")]
    expected = tuple(" + ".join(names) for names in zip(*parts, strict=True))
    assert figures(validation, "panoptic").prompts == expected


def test_a_number_is_what_evaluation_says(predictor: Predictor, validation: Validation):
    """Repeated by hand: the first prompt of denoising on the same queries."""
    from painter_kit.evaluation.order import keyed_order

    found, task, spec = figures(validation, "denoise"), get_task("denoise"), WORLD.spec("denoise")
    pool, select = WORLD.examples("denoise", "train"), WORLD.examples("denoise", "select")
    pair = make_pair(task, spec, pool[list(pool.ids).index(found.prompts[0])])
    queries = [select[i] for i in keyed_order(select.ids, "validation queries", 0)[:3]]
    prompt = Prompt(pair, "denoise")
    records = evaluate(task, spec, queries, lambda i, part: predictor.pictures(prompt, i, part))
    expected = task.summarise(records, spec)["psnr"]
    assert found.values["psnr"][0] == pytest.approx(expected, abs=1e-4)


def test_baselines(validation: Validation):
    for task in ("denoise", "derain", "enhance"):
        assert 8 < figures(validation, task).baselines["input psnr"] < 25
    depth = figures(validation, "depth").baselines
    assert 0 < depth["mean map abs_rel"] < 1
    assert 0 < depth["mean map rmse"] < 5
    assert figures(validation, "semantic").baselines == {}


def test_mean_and_spread_over_prompts():
    found = TaskFigures("depth", "rmse", "min", "m", ("a", "b"), 9, {"rmse": (1.0, 3.0)})
    assert found.mean("rmse") == 2
    assert found.sd("rmse") == pytest.approx(2**0.5)
    one = TaskFigures("depth", "rmse", "min", "m", ("a",), 9, {"rmse": (1.0,)})
    assert one.to_json()["metrics"]["rmse"] == {"mean": 1.0, "sd": None}


def test_the_table_has_a_line_per_task(validation: Validation):
    lines = validation.table.splitlines()
    assert len(lines) == 2 + len(WORLD.tasks)
    assert lines[2].startswith("| depth | rmse (m), lower is better | ")
    assert "mean map rmse" in lines[2]
    assert len({line.count("|") for line in lines}) == 1


def test_json_is_plain(validation: Validation):
    value = json.loads(json.dumps(validation.to_json(), allow_nan=False))
    assert value["data"] == "world"
    assert [row["task"] for row in value["tasks"]] == list(WORLD.tasks)
    assert value["task_switching"]["excluded"] >= 0


def test_numbers_for_tracking_are_finite(validation: Validation):
    numbers = validation.numbers
    assert numbers["validation/depth/rmse"] == figures(validation, "depth").mean("rmse")
    assert np.isfinite(list(numbers.values())).all()


def test_too_few_prompts_are_named(predictor: Predictor):
    from painter_kit.data.builtin import open_builtin

    with pytest.raises(InputError, match=r"validation prompts of .* lower validation_prompts"):
        validate(predictor, open_builtin("", None), prompts=1000, examples=1)
