"""How well shapes are named, by painters whose mistakes are known."""

import numpy as np
import pytest

from benchmarks.abilities.ask import Ability
from benchmarks.abilities.shapes import FIRST_SHAPE, ShapeRow, classes_shown, shape_row
from painter_kit.data.base import open_dataset
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import draw_prompts, draw_queries

WORLD = open_dataset("world")
SPEC, TASK = WORLD.spec("semantic"), get_task("semantic")
QUERIES, PROMPTS = draw_queries(WORLD, "semantic", "test", 6), draw_prompts(WORLD, "semantic", 3)
ABILITY = Ability("semantic", "semantic", TASK, SPEC, QUERIES, PROMPTS)
TRUE = set(np.unique([e.truth["labels"] for e in QUERIES]).tolist())
SHAPES = TRUE - set(range(FIRST_SHAPE))


def row_of(answer) -> ShapeRow:
    """The row of a painter that gives ``answer(labels, prompt)`` to a scene of these labels."""
    records = [
        [TASK.measure(answer(e.truth["labels"], prompt), e.truth, SPEC) for e in QUERIES]
        for prompt in PROMPTS
    ]
    return shape_row(ABILITY, records)


def shown(prompt) -> set[int]:
    return SHAPES & classes_shown(prompt, len(SPEC.coding.palette))


def test_a_prompt_shows_the_classes_of_its_scene():
    source = WORLD.examples("semantic", "train")
    for prompt in PROMPTS:
        scene = source[list(source.ids).index(prompt.provenance["candidate"])]
        expected = set(np.unique(scene.truth["labels"]).tolist())
        assert classes_shown(prompt, len(SPEC.coding.palette)) == expected


def test_the_truth_is_perfect():
    row = row_of(lambda labels, prompt: labels)
    assert (row.everything.value, row.alone.value, row.shown.value) == (1, 1, 1)
    assert row.told == pytest.approx(np.mean([len(shown(p)) for p in PROMPTS]))
    assert row.shapes == len(SHAPES)


def test_who_knows_the_room_alone_names_no_shape():
    row = row_of(lambda labels, prompt: np.where(labels < FIRST_SHAPE, labels, 0))
    assert row.alone.value == row.shown.value == 0
    assert row.everything.value > 1.5 / len(TRUE)


def test_colours_that_the_prompt_does_not_show_are_told_apart():
    """Shown shapes are named right, others taken for the floor."""
    row = row_of(
        lambda labels, prompt: np.where(np.isin(labels, [0, 1, *shown(prompt)]), labels, 1)
    )
    assert row.shown.value == 1
    assert row.alone.value == pytest.approx(row.told / len(SHAPES))


def test_the_mean_is_that_of_a_plain_count():
    """Against IoU counted class by class over all pictures."""
    rng = np.random.default_rng(0)

    def answer(labels, prompt):
        noise = rng.integers(0, len(SPEC.coding.palette), labels.shape)
        return np.where(rng.random(labels.shape) < 0.3, noise, labels)

    given = [[answer(e.truth["labels"], p) for e in QUERIES] for p in PROMPTS]
    answers = iter([picture for row in given for picture in row])
    row = row_of(lambda labels, prompt: next(answers))
    truth = np.stack([e.truth["labels"] for e in QUERIES])
    alone, told = [], []
    for pictures, prompt in zip(given, PROMPTS, strict=True):
        painted = np.stack(pictures)
        iou = {
            c: ((painted == c) & (truth == c)).sum() / ((painted == c) | (truth == c)).sum()
            for c in SHAPES
        }
        alone.append(np.mean(list(iou.values())))
        told.append(np.mean([iou[c] for c in shown(prompt)]))
    assert row.alone.value == pytest.approx(np.mean(alone))
    assert row.shown.value == pytest.approx(np.mean(told))
    assert row.record()["shapes_value"] == row.alone.value
    assert row.cells()["a prompt shows"] == f"{row.told:.1f} of {len(SHAPES)}"
