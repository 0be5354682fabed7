import numpy as np
import pytest

from painter_kit.metrics.ratio import mean_ratio_scores, ratio_scores


def test_mean_over_the_reference_is_the_ratio():
    rng = np.random.default_rng(0)
    hits, trials = rng.random(20), rng.integers(1, 9, 20).astype(float)
    scores = ratio_scores(hits, trials, (hits.sum(), trials.sum()), 20)
    assert scores.mean() == pytest.approx(hits.sum() / trials.sum())


def test_examples_with_nothing_to_count_are_neutral():
    scores = ratio_scores(np.array([0.0, 3.0]), np.array([0.0, 4.0]), (30, 60), 10)
    assert scores[0] == 0.5
    assert scores[1] == pytest.approx(0.5 + (3 - 0.5 * 4) / 6)


def test_changes_are_first_order():
    # Raising one numerator by h raises the ratio by h / sum of denominators exactly.
    hits, trials = np.array([2.0, 5.0, 1.0]), np.array([4.0, 8.0, 3.0])
    reference = (hits.sum(), trials.sum())
    before = ratio_scores(hits, trials, reference, 3).mean()
    after = ratio_scores(hits + np.eye(3)[0], trials, reference, 3).mean()
    assert after - before == pytest.approx(1 / 15)


def test_an_empty_reference_gives_zeros():
    assert ratio_scores(np.ones(3), np.ones(3), (0.0, 0.0), 0).tolist() == [0, 0, 0]


def test_the_mean_of_ratios_is_the_mean_of_their_scores():
    rng = np.random.default_rng(1)
    hits, trials = rng.random((20, 3)), rng.integers(1, 9, (20, 3)).astype(float)
    sums = hits.sum(axis=0), trials.sum(axis=0)
    columns = [
        ratio_scores(hits[:, k], trials[:, k], (sums[0][k], sums[1][k]), 20) for k in (0, 1, 2)
    ]
    together = mean_ratio_scores(hits, trials, sums, 20)
    np.testing.assert_allclose(together, np.mean(columns, axis=0))
