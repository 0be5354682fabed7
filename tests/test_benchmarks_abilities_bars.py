"""Bars: what is held and what is not."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.abilities.bars import TASKS, Bar, switching_bars, task_bars
from benchmarks.abilities.switch import OWN_QUERY, SAME_QUERY
from painter_kit.data.base import open_dataset
from painter_kit.evaluation.intervals import Interval
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task
from painter_kit.training.draws import draw_queries
from painter_kit.training.switching import Switching

WORLD = open_dataset("world")


def perfect(prompt: Prompt, images, spec=None) -> np.ndarray:
    task, own = get_task(prompt.task), prompt.effective(WORLD.spec(prompt.task))
    queries = draw_queries(WORLD, prompt.task, "test", len(images))
    targets = [task.encode(e.truth, own, (64, 64)) for e in queries]
    return np.stack(targets).astype(np.float32) / 255 + 0.001


def copying(prompt: Prompt, images, spec=None) -> np.ndarray:
    return np.stack(images).astype(np.float32) / 255 + 0.001


def bars(paint) -> dict[str, Bar]:
    predictor = SimpleNamespace(canvas=64, pictures=paint)
    return {bar.name: bar for bar in task_bars(predictor, 4, 2)}  # pyright: ignore


def test_the_truth_holds_every_bar():
    found = bars(perfect)
    assert tuple(found) == TASKS
    assert [bar.name for bar in found.values() if not bar.held] == []
    assert found["denoise"].note.endswith("+ 4; 0.0% painted worse than their input")
    assert found["semantic"].value.value > 0.99
    assert found["depth"].value.value < 0.02


def test_the_input_holds_none_but_is_the_yardstick_of_restoration():
    found = bars(copying)
    assert not any(bar.held for bar in found.values())
    for task in ("denoise", "derain", "enhance"):
        assert found[task].limit - found[task].value.value == pytest.approx(4.0, abs=0.1)
        assert "+ 4; " in found[task].note
    assert "half of the mean map" in found["depth"].note


def test_pictures_that_are_painted_worse_are_counted():
    found = bars(lambda prompt, images, spec=None: np.zeros((len(images), 64, 64, 3), np.float32))
    assert found["denoise"].worsened == 1.0
    assert found["denoise"].record()["worsened"] == 1.0
    assert found["depth"].worsened is None
    assert "worsened" not in found["depth"].record()


def test_a_bar_is_on_one_side():
    value = Interval(0.5, 0.4, 0.6)
    assert Bar("a", "m", value, 0.5, 9).held
    assert Bar("a", "m", value, 0.5, 9, lower=True).held
    assert not Bar("a", "m", value, 0.6, 9).held
    low = Bar("a", "m", value, 0.4, 9, lower=True, note="why")
    assert not low.held
    assert low.cells()["bar"] == "<= 0.400 (why)"
    assert low.cells()["held"] == "NO"
    assert low.record()["ci_high"] == 0.6
    assert low.cells()["queries"] == low.record()["queries"] == 9


def switching(wrong: int) -> Switching:
    """Of 200 outputs for 100 pictures this many are nearest to the other task's target."""
    nearest = np.tile([0, 1], (1, 100, 1))
    nearest[0, :wrong, 0] = 1
    return Switching(("a", "b"), nearest, tuple(map(str, range(100))))


def test_switching_has_bars_too():
    good, poor = switching(0), switching(11)
    found = switching_bars({OWN_QUERY: good, SAME_QUERY: poor}, {OWN_QUERY: good, SAME_QUERY: good})
    assert {bar.name: bar.held for bar in found} == {
        "switching on scenes": True,
        "switching on figures": True,
        "switching on scenes, same query": False,
        "switching on figures, same query": True,
    }
    assert found[0].value.low > 0.95
    assert found[0].queries == 100
