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


def switching(right: np.ndarray) -> Switching:
    """Of two tasks, outputs (P, N, 2) that are right or nearest to the other task's target."""
    nearest = np.where(right, [0, 1], [1, 0])
    return Switching(("a", "b"), nearest, tuple(str(n) for n in range(right.shape[1])))


def test_independent_outputs_have_limits_at_least_those_of_a_share():
    right = np.random.default_rng(0).random((8, 500, 2)) < 0.8
    found = switching(right).interval
    assert found.value == pytest.approx(right.mean())
    half = 1.96 * (0.8 * 0.2 / right.size) ** 0.5
    # The two-way bootstrap counts noise of single outputs up to three times (as a variance).
    assert 0.9 * half < found.high - found.value < 2.2 * half
    assert 0.9 * half < found.value - found.low < 2.2 * half


def test_pictures_and_sets_that_err_together_widen_the_limits():
    rng = np.random.default_rng(1)
    pictures = np.broadcast_to(rng.random((1, 500, 1)) < 0.8, (8, 500, 2))
    half = 1.96 * (0.8 * 0.2 / 500) ** 0.5  # as many units as pictures
    found = switching(pictures).interval
    assert found.high - found.low == pytest.approx(2 * half, rel=0.2)
    sets = rng.random((8, 500, 2)) < np.linspace(0.6, 1, 8)[:, None, None]
    found = switching(sets).interval
    half = 2.36 * np.linspace(0.6, 1, 8).std(ddof=1) / 8**0.5  # Student's t of 8 sets
    assert found.high - found.low == pytest.approx(2 * half, rel=0.25)


def test_where_nothing_errs_the_limits_are_wilsons_over_pictures():
    found = switching(np.ones((4, 20, 2), bool)).interval
    # By hand: z^2 = 3.84, n = 20 pictures: n / (n + z^2).
    assert (found.value, found.low, found.high) == pytest.approx((1, 20 / 23.84, 1), abs=1e-3)
    assert switching(np.zeros((4, 20, 2), bool)).interval.low == 0
    empty = Switching(("a", "b"), np.full((1, 3, 2), -1), ("x", "y", "z"))
    assert np.isnan(empty.interval.low)
    assert empty.excluded == 3


def test_json():
    nearest = np.array([[[0, 0], [0, 1], [0, 1], [1, 0], [-1, -1]]])
    value = Switching(("a", "b"), nearest, ("v", "w", "x", "y", "z")).to_json()
    assert value["share"] == 5 / 8
    assert value["ci_low"] < 5 / 8 < value["ci_high"]
    assert value["shares"] == {"a": 0.75, "b": 0.5}
    assert value["counts"] == {"a": {"a": 3, "b": 1}, "b": {"a": 2, "b": 2}}
    assert value["excluded"] == 1
