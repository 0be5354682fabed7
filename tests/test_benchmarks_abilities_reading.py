"""Reading the coding: a painter that copies it, and one that knows only the paper's."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.abilities.reading import BASE, RANDOM, RESERVED, TASKS, _codings, reading
from painter_kit.data.base import open_dataset
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import Resized, draw_queries

WORLD, SHIFTED = open_dataset("world"), open_dataset("world-shifted")


def painter(reads: bool):
    def pictures(prompt: Prompt, images, spec=None) -> np.ndarray:
        task, own = get_task(prompt.task), WORLD.spec(prompt.task)
        coded = prompt.effective(own) if reads else own
        queries = draw_queries(WORLD, prompt.task, "test", len(images))
        targets = [task.encode(e.truth, coded, (64, 64)) for e in queries]
        return np.stack(targets).astype(np.float32) / 255 + 0.001

    return SimpleNamespace(canvas=64, pictures=pictures)


@pytest.fixture(scope="module")
def rows() -> dict[bool, dict[str, object]]:
    return {
        reads: {row.ability: row for row in reading(painter(reads), 4, 2).contrasts}  # pyright: ignore
        for reads in (True, False)
    }


def test_every_task_has_all_codings(rows: dict):
    assert len(rows[True]) == 3 * len(TASKS)
    assert "semantic, reserved coding" in rows[True]


def test_random_codings_are_drawn_for_every_prompt_and_again_the_same():
    world = Resized(WORLD, 64)
    for task in TASKS:
        codings = _codings(world, task, 3, 0)
        assert len(set(codings[RANDOM])) == 3
        assert codings == _codings(world, task, 3, 0)
        assert codings[RANDOM] != _codings(world, task, 3, 1)[RANDOM]
        assert set(codings[BASE]) == {WORLD.spec(task).coding}
        assert set(codings[RESERVED]) == {SHIFTED.spec(task).coding}


@pytest.mark.parametrize("coding", ["base", "random", "reserved"])
def test_who_reads_the_prompt_gains_by_the_right_one(rows: dict, coding: str):
    for task in ("semantic", "coco-semantic", "foreground"):
        row = rows[True][f"{task}, {coding} coding"]
        assert row.right.value > 0.99
        # Two colours that are painted in another coding decode to the right ones every other time.
        assert row.gain.value >= (0.4 if task == "foreground" else 0.5)
    assert rows[True][f"depth, {coding} coding"].gain.value > 0.5


def test_who_knows_one_coding_by_heart_does_not(rows: dict):
    for task in ("depth", "semantic", "foreground"):
        for coding in ("base", "random", "reserved"):
            assert rows[False][f"{task}, {coding} coding"].gain.value == 0
    assert rows[False]["semantic, base coding"].right.value > 0.99
    assert rows[False]["semantic, random coding"].right.value < 0.6
    assert rows[False]["semantic, reserved coding"].right.value < 0.3


def test_the_other_prompt_shows_the_same_example(rows: dict):
    row = rows[True]["depth, base coding"]
    assert row.against == "same prompts, reserved coding"
    assert (row.examples, row.prompts) == (4, 2)
