import numpy as np
import pytest

from painter_kit.metrics.detection import THRESHOLDS
from painter_kit.metrics.precision import DETECTION, PRECISIONS, precision_metrics
from painter_kit.metrics.precision_score import (
    LEVELS,
    level_counts,
    precision_scores,
)

EVERY = (1 << len(THRESHOLDS)) - 1


def picture(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Detections whose scores tell something of whether they are true, and the objects."""
    found = np.zeros(12, DETECTION)
    quality = rng.random(12)
    found["score"] = np.clip(quality + 0.3 * rng.normal(size=12), 0, 1)
    # True up to a threshold, as detections are; some are neither true nor false.
    found["hit"][:, 0] = (1 << np.floor(quality**2 * 11).astype(int)) - 1
    found["ignored"][:, 0] = np.where(rng.random(12) < 0.1, EVERY & ~found["hit"][:, 0], 0)
    return np.sort(found, order="score")[::-1], 12


def drawn(count: int = 200) -> list[tuple[np.ndarray, int]]:
    rng = np.random.default_rng(0)
    return [picture(rng) for _ in range(count)]


def scored(pictures: list[tuple[np.ndarray, int]], metric: str) -> np.ndarray:
    counts = np.array([level_counts(found, metric) for found, _ in pictures])
    objects = np.array([float(n) for _, n in pictures])
    at = counts.sum(axis=0), float(objects.sum())
    return precision_scores(counts, objects, at, len(pictures))


def exact(pictures: list[tuple[np.ndarray, int]], weights: np.ndarray, metric: str) -> np.ndarray:
    truths = np.zeros((len(weights), 4, 1))
    truths[:, 0, 0] = weights @ np.array([n for _, n in pictures])
    return precision_metrics([found.tobytes() for found, _ in pictures], weights, truths)[metric]


def by_levels(sums: np.ndarray, objects: float) -> float:
    """The average precision of counts, detection by detection, from its definition."""
    values = []
    for true, every in sums.reshape(-1, 2, LEVELS):
        total = 0.0
        for level in range(LEVELS):
            precedes = true[:level].sum() + true[level] / 2
            among = every[:level].sum() + every[level] / 2
            total += true[level] * precedes / among if among else 0
        values.append(total / objects)
    return float(np.mean(values))


@pytest.mark.parametrize("metric", PRECISIONS)
def test_scores_are_the_derivative_by_a_pictures_weight(metric: str):
    pictures, step = drawn(20), 1e-6
    counts = np.array([level_counts(found, metric) for found, _ in pictures])
    objects = np.array([n for _, n in pictures])
    at = by_levels(counts.sum(axis=0), objects.sum())
    slopes = [
        (by_levels(counts.sum(axis=0) + step * own, objects.sum() + step * n) - at) / step
        for own, n in zip(counts, objects, strict=True)
    ]
    assert scored(pictures, metric) == pytest.approx(at + 20 * np.array(slopes), abs=1e-4)
    assert scored(pictures, metric).mean() == pytest.approx(at)


@pytest.mark.parametrize("metric", PRECISIONS)
def test_scores_tell_cocos_precision_of_other_multisets_of_the_pictures(metric: str):
    pictures, rng = drawn(), np.random.default_rng(1)
    weights = rng.multinomial(len(pictures), np.full(len(pictures), 1 / len(pictures)), 100)
    told = weights @ scored(pictures, metric) / len(pictures)
    assert np.corrcoef(told, exact(pictures, weights, metric))[0, 1] > 0.95


@pytest.mark.parametrize("metric", PRECISIONS)
def test_the_mean_is_near_cocos_precision(metric: str):
    pictures = drawn()
    at = exact(pictures, np.ones((1, len(pictures))), metric)[0]
    assert scored(pictures, metric).mean() == pytest.approx(at, abs=0.03)


def test_detections_that_are_neither_true_nor_false_do_not_count():
    (found, objects), *rest = drawn(5)
    more = np.zeros(1, DETECTION)
    more["score"], more["ignored"][:, 0] = 0.99, EVERY
    with_more = [(np.concatenate([more, found]), objects), *rest]
    assert scored(with_more, "ap").tolist() == scored([(found, objects), *rest], "ap").tolist()


def test_a_picture_without_anything_is_neutral():
    pictures = drawn(5)
    nothing = level_counts(np.zeros(0, DETECTION), "ap50")
    counts = np.array([level_counts(found, "ap50") for found, _ in pictures])
    at = counts.sum(axis=0), 60.0
    alone = precision_scores(nothing[None], np.zeros(1), at, 5)
    assert alone == pytest.approx(precision_scores(counts, np.full(5, 12.0), at, 5).mean())


def test_a_reference_without_objects_tells_nothing():
    counts = level_counts(drawn(1)[0][0], "ap")[None]
    assert precision_scores(counts, np.ones(1), (counts[0], 0.0), 1).tolist() == [0]
