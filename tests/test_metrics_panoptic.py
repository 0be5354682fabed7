"""Panoptic quality against a plain transcription of panopticapi's formulas, and torchmetrics."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torchmetrics.functional.detection import panoptic_quality as torchmetrics_quality

from painter_kit.metrics.panoptic import panoptic_counts, panoptic_quality, panoptic_scores

SIZE = (40, 48)
CLASSES, THINGS = 6, (0, 1, 2)


class Case(NamedTuple):
    """Segments and categories of a prediction and of the truth, whose crowds are flagged."""

    found: np.ndarray
    found_class: np.ndarray
    true: np.ndarray
    true_class: np.ndarray
    crowd: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        prediction, truth = (self.found, self.found_class), (self.true, self.true_class)
        return panoptic_counts(prediction, truth, self.crowd, CLASSES)


def draw(rng: np.random.Generator, segments: np.ndarray, count: int) -> np.ndarray:
    """``segments`` with so many rectangles over them, the next numbers."""
    segments = segments.copy()
    for number in range(segments.max() + 1, segments.max() + 1 + count):
        y, x, height, width = rng.integers([0, 0, 4, 4], [30, 38, 20, 20])
        segments[y : y + height, x : x + width] = number
    return segments


def compact(segments: np.ndarray, categories: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers without gaps, as readers give them."""
    numbers, segments = np.unique(segments, return_inverse=True)
    kept = numbers[numbers > 0] - 1
    segments = segments.reshape(SIZE) + (0 not in numbers)
    return segments, categories[kept]


def case(seed: int, crowds: bool = True, voids: bool = True) -> Case:
    """A truth, and a prediction that is a disturbed truth; stuff has one segment per class."""
    rng = np.random.default_rng(seed)
    room = np.full(SIZE, 1)
    room[20:], room[:, 30:] = 2, 3
    true = draw(rng, room, 5)
    true_class = np.concatenate([[3, 4, 5], rng.integers(0, len(THINGS), 5)])
    found = draw(rng, np.roll(true, rng.integers(-3, 4, 2), (0, 1)), 1)
    found_class = np.append(true_class, rng.integers(0, len(THINGS)))
    swapped = 3 + np.flatnonzero(rng.random(6) < 0.3)
    found_class[swapped] = rng.integers(0, len(THINGS), len(swapped))
    if voids:
        true[rng.random(SIZE) < 0.05], true[:6, :20] = 0, 0
        found[-4:] = 0
    found, found_class = compact(found, found_class)
    true, true_class = compact(true, true_class)
    crowd = (rng.random(len(true_class)) < 0.3) & (true_class < len(THINGS)) & crowds
    return Case(found, found_class, true, true_class, crowd)


def pairs(one: Case) -> Iterator[tuple[int, int, int, int]]:
    """(i, j, pixels of both, predicted pixels of j on void) of true i and predicted j."""
    for i in range(len(one.true_class)):
        for j in range(len(one.found_class)):
            both = np.sum((one.true == i + 1) & (one.found == j + 1))
            yield i, j, int(both), int(np.sum((one.true == 0) & (one.found == j + 1)))


def transcribed(one: Case) -> np.ndarray:
    """Segment by segment, in the words of the paper and the order of panopticapi."""
    counts = np.zeros((4, CLASSES))
    hit_true, hit_found = set(), set()
    for i, j, both, void in pairs(one):
        if one.crowd[i] or one.true_class[i] != one.found_class[j]:
            continue
        union = np.sum(one.true == i + 1) + np.sum(one.found == j + 1) - both - void
        if both / union > 0.5:
            counts[0, one.true_class[i]] += 1
            counts[3, one.true_class[i]] += both / union
            hit_true.add(i)
            hit_found.add(j)
    crowd_of = {}
    for i, category in enumerate(one.true_class):
        if one.crowd[i]:
            crowd_of[category] = i
        elif i not in hit_true:
            counts[2, category] += 1
    for j, category in enumerate(one.found_class):
        if j in hit_found:
            continue
        mask = one.found == j + 1
        excused = np.sum(mask & (one.true == 0))
        if category in crowd_of:
            excused += np.sum(mask & (one.true == crowd_of[category] + 1))
        if excused / mask.sum() <= 0.5:
            counts[1, category] += 1
    return counts


CASES = [case(seed) for seed in range(30)]


@pytest.mark.parametrize("seed", range(30))
def test_counts_equal_the_transcription(seed: int):
    np.testing.assert_allclose(CASES[seed].counts, transcribed(CASES[seed]), atol=1e-12)


def test_the_cases_hold_what_matters():
    total = np.sum([c.counts for c in CASES], axis=0)
    assert (total[:3, : len(THINGS)] > 5).all()
    assert sum(c.crowd.sum() for c in CASES) > 10
    excused = [len(c.found_class) - c.counts[:2].sum() for c in CASES]
    assert np.count_nonzero(excused) > 3


def test_quality_equals_torchmetrics_without_void():
    # With void in the prediction torchmetrics leaves it out of the union and of the misses,
    # and it knows no crowds; without either both follow the same definition.
    cases = [case(seed, crowds=False, voids=False) for seed in range(20)]
    total = np.sum([c.counts for c in cases], axis=0)
    own = panoptic_quality(total[None], np.arange(CLASSES))

    def pairs_of(segments: np.ndarray, categories: np.ndarray) -> np.ndarray:
        return np.stack([categories[segments - 1], segments], axis=-1)

    theirs = torchmetrics_quality(
        torch.tensor(np.stack([pairs_of(c.found, c.found_class) for c in cases])),
        torch.tensor(np.stack([pairs_of(c.true, c.true_class) for c in cases])),
        things=set(THINGS),
        stuffs=set(range(CLASSES)) - set(THINGS),
        return_sq_and_rq=True,
    )
    assert [own[name][0] for name in ("pq", "sq", "rq")] == pytest.approx(theirs.tolist(), abs=1e-6)


def test_quality_by_hand():
    counts = np.zeros((1, 4, 3))
    counts[0, :, 0] = 2, 1, 1, 1.6  # PQ 1.6 / 3, SQ 0.8, RQ 2 / 3
    counts[0, :, 1] = 0, 2, 0, 0  # all 0, but it counts; class 2 does not occur
    quality = panoptic_quality(counts, np.arange(3))
    assert quality["pq"] == pytest.approx([1.6 / 3 / 2])
    assert quality["sq"] == pytest.approx([0.4])
    assert quality["rq"] == pytest.approx([1 / 3])
    assert panoptic_quality(counts, np.array([0]))["sq"] == pytest.approx([0.8])
    assert np.isnan(panoptic_quality(counts, np.array([2]))["pq"]).all()
    assert np.isnan(panoptic_quality(counts, np.array([], int))["pq"]).all()


def test_perfect_and_empty_predictions():
    one = CASES[0]._replace(crowd=np.zeros(len(CASES[0].crowd), bool))
    perfect = one._replace(found=one.true, found_class=one.true_class).counts
    assert panoptic_quality(perfect[None], np.arange(CLASSES))["pq"] == pytest.approx([1])
    nothing = one._replace(found=np.zeros(SIZE, int), found_class=np.zeros(0, int)).counts
    assert nothing[2].sum() == len(one.true_class)
    assert nothing[[0, 1, 3]].sum() == 0


def test_exactly_half_is_no_match_and_no_excuse():
    true, found = np.zeros((2, 4, 8), int)
    true[:2, :4], found[:, :4] = 1, 1  # half of the prediction lies on void
    zero, no = np.zeros(1, int), np.zeros(1, bool)
    alone = panoptic_counts((found, zero), (true, zero), no, 1)
    assert alone[:, 0].tolist() == [1, 0, 0, 1]  # void does not count in the union
    other = panoptic_counts((found, zero + 1), (true, zero), no, 2)
    assert other[1].tolist() == [0, 1]  # exactly half on void is an error
    true[2:, :4], two = 2, np.array([0, 1])
    half = panoptic_counts((found, zero), (true, two), np.zeros(2, bool), 2)
    assert half.tolist() == [[0, 0], [1, 0], [1, 1], [0, 0]]  # IoU 0.5


def test_segments_without_pixels_are_no_predictions():
    one = CASES[1]
    more = one._replace(found_class=np.append(one.found_class, 0))
    np.testing.assert_array_equal(more.counts, one.counts)


def test_scores_are_first_order_and_average_to_the_quality():
    counts = np.array([c.counts for c in CASES])
    reference = counts.sum(axis=0)
    scores = panoptic_scores(counts, reference, len(CASES))
    quality = panoptic_quality(reference[None], np.arange(CLASSES))["pq"][0]
    assert scores.mean() == pytest.approx(quality)
    changed = counts.copy()
    changed[0, 3, 0] += 1e-3
    raised = panoptic_quality(changed.sum(axis=0)[None], np.arange(CLASSES))["pq"][0]
    gained = panoptic_scores(changed, reference, len(CASES)).mean() - scores.mean()
    assert gained == pytest.approx(raised - quality)
    assert panoptic_scores(counts, np.zeros_like(reference), 1).tolist() == [0] * len(CASES)
