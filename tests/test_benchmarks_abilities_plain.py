"""Answers that need no model."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from benchmarks.abilities.ask import Ability
from benchmarks.abilities.contrast import Contrast, NoModel
from benchmarks.abilities.plain import (
    COPY,
    MEAN,
    _painted_truths,
    no_model,
    training_examples,
    typical,
)
from benchmarks.abilities.unseen import _new_abilities
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.evaluate import primary
from painter_kit.tasks.base import get_task
from painter_kit.tasks.heat import Keypoints
from painter_kit.training.draws import draw_prompts, draw_queries
from painter_kit.training.validate import no_model as of_validation

WORLD = open_dataset("world")
NEW = {a.kind: a for a in _new_abilities(SimpleNamespace(canvas=64), 6, 2, 0)}  # pyright: ignore


def beside(ability: Ability) -> Contrast:
    """The plain answer beside right prompts that paint the input."""
    painted = np.stack([e.image for e in ability.examples]) / 255
    right = [ability.records(painted, number) for number in range(2)]
    return replace(ability.contrast("other", right, right), no_model=no_model(ability, right))


def plain(row: Contrast) -> NoModel:
    assert row.no_model is not None
    return row.no_model


def test_the_mean_inverted_picture_is_what_inverting_has_to_beat():
    row = beside(NEW["invert"])
    mean = 255 - np.mean([e.image for e in training_examples(WORLD, "semantic")], axis=0)
    expected = [
        peak_signal_noise_ratio(255 - e.image, np.rint(mean).astype(np.uint8))
        for e in NEW["invert"].examples
    ]
    assert plain(row).name == MEAN
    assert plain(row).value.value == pytest.approx(np.mean(expected), abs=0.05)
    assert plain(row).gain.value < -3  # the input itself is far from its negative


def test_a_copy_and_all_shapes_are_tried():
    grey, ring = beside(NEW["grey"]), beside(NEW["ring alone"])
    assert plain(grey).name in (COPY, MEAN)
    assert plain(grey).value.value >= grey.right.value - 0.01
    assert plain(ring).name == "all shapes"
    rings = sum(int(e.truth["mask"].sum()) for e in NEW["ring alone"].examples)
    shapes = sum(int(t["mask"].sum()) for t in NEW["ring alone"].plain["all shapes"])
    assert plain(ring).value.value == pytest.approx(rings / shapes, abs=1e-6)


def test_the_mean_depth_is_that_of_the_validation():
    queries, prompts = draw_queries(WORLD, "depth", "test", 6), draw_prompts(WORLD, "depth", 2)
    task, spec = get_task("depth"), WORLD.spec("depth")
    trained = [e.truth for e in training_examples(WORLD, "depth")]
    row = beside(Ability("depth", "depth", task, spec, queries, prompts, trained))
    expected = of_validation(task, spec, WORLD, queries)["mean map rmse"]
    assert plain(row).name == MEAN
    assert plain(row).value.value == pytest.approx(expected, rel=0.1)
    assert row.cells()["no model"] == f"{plain(row).value.value:.3f} ({MEAN})"
    assert row.record()["no_model_gain_value"] == plain(row).gain.value < 0


def mean_of(truths: list) -> dict:
    found = typical(truths)
    assert found is not None
    return dict(found)


def test_typical_truths():
    labels = [{"labels": np.array([[a, 3]], np.uint8)} for a in (1, 2, 2)]
    np.testing.assert_array_equal(mean_of(labels)["labels"], [[2, 3]])
    masks = [{"mask": np.array([[a, 0]], np.uint8)} for a in (1, 1, 0)]
    np.testing.assert_array_equal(mean_of(masks)["mask"], [[1, 0]])
    points = [
        {"keypoints": np.array([[x, 4.0, v]]), "size": np.array([8, 8])}
        for x, v in ((2, 2), (4, 0))
    ]
    np.testing.assert_array_equal(mean_of(points)["keypoints"], [[3, 4, 2]])
    assert typical([{"masks": np.zeros((1, 2, 2))}]) is None
    assert typical([]) is None


def test_a_mean_figure_can_be_painted_and_read_back():
    queries, prompts = (
        draw_queries(WORLD, "keypoint", "test", 4),
        draw_prompts(WORLD, "keypoint", 2),
    )
    trained = [e.truth for e in training_examples(WORLD, "keypoint")]
    task, spec = get_task("keypoint"), WORLD.spec("keypoint")
    ability = Ability("keypoint", "keypoint", task, spec, queries, prompts, trained)
    mean = mean_of(trained)
    painted = _painted_truths(ability, [mean] * len(queries), 0)
    points = mean["keypoints"].astype(np.float64)
    by_hand = Keypoints(points[:, :2], np.ones(len(points)), (64, 64))
    expected = primary(task, spec, [task.measure(by_hand, e.truth, spec) for e in queries])
    assert primary(task, spec, painted) == pytest.approx(expected, abs=0.15)
