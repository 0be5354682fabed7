"""Task switching, with painters whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.training.switching import SWITCH_TASKS, Switching, task_switching

WORLD = open_dataset("world")
EXAMPLES = {t: [WORLD.examples(t, "select")[i] for i in range(3)] for t in SWITCH_TASKS}


def prompt(task: str) -> Prompt:
    pair = make_pair(get_task(task), WORLD.spec(task), WORLD.examples(task, "train")[5])
    return Prompt(pair, task)


PROMPTS = {t: [prompt(t)] for t in SWITCH_TASKS}


def painter(answer: str = ""):
    """Paints the truth of the prompted task, or always that of ``answer``."""

    def pictures(given: Prompt, images, spec) -> np.ndarray:
        task = answer or given.task
        coding = PROMPTS[task][0].pair.coding
        own = WORLD.spec(task).with_coding(coding)
        targets = [get_task(task).encode(e.truth, own, (64, 64)) for e in EXAMPLES[task]]
        return np.stack(targets).astype(np.float32) / 255 + 0.001

    return SimpleNamespace(pictures=pictures)


def test_the_truth_switches_perfectly():
    found = task_switching(painter(), WORLD, PROMPTS, EXAMPLES)  # pyright: ignore
    assert found.share == 1
    assert set(found.shares.values()) == {1.0}
    assert sum(found.counts["depth"].values()) + found.excluded == 3


def test_a_painter_of_one_task_is_found_out():
    found = task_switching(painter("semantic"), WORLD, PROMPTS, EXAMPLES)  # pyright: ignore
    assert found.share == pytest.approx(1 / len(SWITCH_TASKS))
    assert found.shares["semantic"] == 1
    assert found.counts["depth"]["semantic"] == sum(found.counts["depth"].values()) > 0


def test_targets_that_look_alike_are_left_out():
    """Two tasks that paint the same picture cannot be told apart."""
    prompts = {"denoise": PROMPTS["denoise"], "derain": [prompt("derain")]}
    examples = {
        t: [WORLD.examples(t, "select")[i] for i in range(3)] for t in ("denoise", "derain")
    }
    painted = SimpleNamespace(pictures=lambda p, images, spec: np.zeros((3, 64, 64, 3)))
    found = task_switching(painted, WORLD, prompts, examples)  # pyright: ignore
    assert found.excluded == 3
    assert np.isnan(found.share)
    assert found.to_json()["share"] is None


def test_the_share_has_wilson_limits():
    found = Switching({"a": {"a": 8, "b": 2}, "b": {"a": 0, "b": 10}}, 0).interval
    # By hand: p = .9, n = 20, z = 1.96.
    assert found.value == 0.9
    assert (found.low, found.high) == pytest.approx((0.6990, 0.9721), abs=1e-3)
    assert np.isnan(Switching({"a": {"a": 0}}, 3).interval.low)


def test_json():
    value = Switching({"a": {"a": 3, "b": 1}, "b": {"a": 2, "b": 2}}, 4).to_json()
    assert value["share"] == 5 / 8
    assert value["shares"] == {"a": 0.75, "b": 0.5}
    assert value["excluded"] == 4
