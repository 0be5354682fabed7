import numpy as np
import pytest

from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.replay import Course, Replay, Truth

SCORES = np.array([[1.0, 1, 1, 1], [5, 0, 0, 0], [2, 2, 2, 2], [0, 0, 0, 7]])
MATRIX = Matrix("four", SCORES, SCORES[:, ::2])


def test_a_cell_is_paid_for_once():
    replay = Replay(MATRIX)
    assert replay.ask([1, 2], 0, 2).tolist() == [[5, 0], [2, 2]]
    replay.ask([1], 0, 3)
    replay.look([2], np.array([[1, 3]]))
    assert replay.asked == 4 + 1 + 1


def test_the_panel_is_paid_for_at_once():
    replay = Replay(MATRIX, [0, 2])
    assert replay.asked == 8
    assert replay.known[2].tolist() == [2, 2, 2, 2]
    assert replay.course.leaders.tolist() == [0, 2]


def test_who_leads_when():
    """A rung's best, then the best of those judged on all images."""
    replay = Replay(MATRIX)
    replay.log([0, 1, 2, 3], replay.ask(range(4), 0, 1)[:, 0], 1, [])
    replay.ask([2], 1, 4)
    replay.log([2, 3], np.array([0.0, 9.0]), 2, [])  # a challenge does not change the lead
    replay.ask([3], 1, 4)
    replay.ask([0], 1, 4)
    course = replay.course
    assert course.cells.tolist() == [4, 7, 10, 13]
    assert course.leaders.tolist() == [1, 2, 2, 2]
    assert course.at(np.array([0, 3.9, 4, 8, 99])).tolist() == [-1, -1, 1, 2, 2]


def test_a_rung_s_best_meets_the_panel_on_all_images():
    replay = Replay(MATRIX, [0])
    replay.log([1], replay.ask([1], 0, 1)[:, 0], 1, [])
    assert replay.course.cells.tolist() == [4, 8]  # 5, and 3 to judge it on all images
    assert replay.course.leaders.tolist() == [0, 1]
    strong = Replay(MATRIX, [2])
    strong.log([1], strong.ask([1], 0, 1)[:, 0], 1, [])
    assert strong.course.leaders.tolist() == [2, 2]


def test_what_was_not_spent_on_a_rung_s_best_leads_nobody():
    replay = Replay(MATRIX, [0])
    replay.log([1], replay.ask([1], 0, 1)[:, 0], 1, [])
    replay.ask([3], 0, 1)
    replay.log([3], np.array([9.0]), 2, [])
    assert replay.course.cells.tolist() == [4, 8]
    assert replay.course.leaders.tolist() == [0, 3]


def test_regret_on_select_and_test():
    truth = Truth(MATRIX)
    # means 1, 1.25, 2, 1.75; pool 1.5
    assert truth.select_regret(np.array([2, 3, 0, -1])).tolist() == [0, 0.5, 2, 1]
    test = truth.test_regret(np.array([2, 1, -1]))
    sd = MATRIX.components.prompt_sd
    expected = np.array([0, 2 - 2.5, 2 - 1.375])
    assert test == pytest.approx(expected / sd if sd else np.zeros(3))


def test_regret_counts_prompt_deviations():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 1, (50, 1)) + rng.normal(0, 0.1, (50, 30))
    truth = Truth(Matrix("x", scores, scores))
    means, sd = scores.mean(1), truth.matrix.components.prompt_sd
    assert sd == pytest.approx(1, rel=0.3)
    assert truth.test_regret(np.array([7]))[0] == pytest.approx((means.max() - means[7]) / sd)


def test_nothing_to_gain():
    flat = Matrix("flat", np.ones((3, 4)), np.ones((3, 2)))
    assert Truth(flat).select_regret(np.array([0, -1])).tolist() == [0, 0]
    assert Course(np.array([3]), np.array([1])).at(2) == -1
