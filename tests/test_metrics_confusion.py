import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_jaccard_index

from painter_kit.metrics.confusion import class_counts, class_iou, iou_scores, segmentation_metrics

CLASSES = 5


def label_maps(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, CLASSES, (count, 12, 10))
    wrong = rng.random(truth.shape) < 0.3
    prediction = np.where(wrong, rng.integers(0, CLASSES, truth.shape), truth)
    truth[rng.random(truth.shape) < 0.1] = 255
    return prediction, truth


def test_counts_by_hand():
    prediction = np.array([[0, 0, 1, 2, 255]])
    truth = np.array([[0, 1, 1, 255, 2]])
    counts = class_counts(prediction, truth, 3)
    assert counts.tolist() == [[1, 1, 0], [1, 2, 1], [2, 1, 0]]
    assert class_iou(counts).tolist() == [0.5, 0.5, 0]


def test_metrics_by_hand():
    counts = np.array([[3.0, 1, 0], [4, 4, 0], [5, 1, 2]])
    metrics = segmentation_metrics(counts)
    assert metrics == pytest.approx(
        {
            "miou": (3 / 6 + 1 / 4) / 2,
            "macc": (3 / 4 + 1 / 4) / 2,
            "pacc": 4 / 8,
            "fwiou": (4 * 3 / 6 + 4 * 1 / 4) / 8,
        }
    )


def test_agreement_with_torchmetrics():
    prediction, truth = label_maps(1, 4)
    metrics = segmentation_metrics(class_counts(prediction, truth, CLASSES))
    arguments = (torch.from_numpy(prediction), torch.from_numpy(truth), CLASSES)
    iou = multiclass_jaccard_index(*arguments, average="macro", ignore_index=255)
    accuracy = multiclass_accuracy(*arguments, average="macro", ignore_index=255)
    overall = multiclass_accuracy(*arguments, average="micro", ignore_index=255)
    assert metrics["miou"] == pytest.approx(float(iou), abs=1e-6)
    assert metrics["macc"] == pytest.approx(float(accuracy), abs=1e-6)
    assert metrics["pacc"] == pytest.approx(float(overall), abs=1e-6)


def test_classes_missing_from_the_truth_do_not_count():
    counts = np.array([[3.0, 0], [3, 0], [3, 7]])
    assert segmentation_metrics(counts)["miou"] == 1


def test_a_truth_without_labels_is_an_error():
    with pytest.raises(ValueError, match="no labelled pixel"):
        segmentation_metrics(np.zeros((3, 4)))


def test_scores_average_to_the_metric_at_the_reference():
    maps = zip(*label_maps(2, 6), strict=True)
    counts = np.stack([class_counts(p, t, CLASSES) for p, t in maps])
    scores = iou_scores(counts, counts.sum(axis=0), 6)
    expected = segmentation_metrics(counts.sum(axis=0))["miou"]
    assert scores.mean() == pytest.approx(expected)


def test_scores_are_the_derivative_of_the_metric():
    maps = zip(*label_maps(3, 50), strict=True)
    counts = np.stack([class_counts(p, t, CLASSES) for p, t in maps])
    reference = counts.sum(axis=0)
    changed = counts.copy()
    moved = 2.0  # two pixels of class 0 that were right are now taken for class 1
    changed[7, 0, 0] -= moved
    changed[7, 2, 0] -= moved
    changed[7, 2, 1] += moved
    predicted = (iou_scores(changed, reference, 50) - iou_scores(counts, reference, 50)).mean()
    exact = (
        segmentation_metrics(changed.sum(axis=0))["miou"] - segmentation_metrics(reference)["miou"]
    )
    assert exact < 0
    assert predicted == pytest.approx(exact, rel=0.01)


def test_scores_of_chosen_classes_only():
    maps = zip(*label_maps(4, 6), strict=True)
    counts = np.stack([class_counts(p, t, CLASSES) for p, t in maps])
    reference = counts.sum(axis=0)
    assert iou_scores(counts, reference, 6, [1]).mean() == pytest.approx(class_iou(reference)[1])
    assert iou_scores(counts, np.zeros_like(reference), 6).tolist() == [0] * 6
