"""Figures by class equal an independent computation, and their intervals cover."""

import numpy as np
import pytest

from benchmarks.suites.resample import per_category, resample
from painter_kit.data.specs import foreground_spec
from painter_kit.tasks.base import get_task

TASK, SPEC = get_task("foreground"), foreground_spec("toys")


def draw(rng: np.random.Generator, count: int):
    """Random masks with void, random predictions, categories of unequal size."""
    truth = rng.integers(0, 2, (count, 12, 12))
    truth[rng.random(truth.shape) < 0.1] = 255
    predictions = rng.integers(0, 2, (3, count, 12, 12))
    categories = [("x", "y", "y", "z")[i % 4] for i in range(count)]
    records = [
        [TASK.measure(p, {"mask": t}, SPEC) for p, t in zip(row, truth, strict=True)]
        for row in predictions
    ]
    return truth, predictions, categories, records


def plain_miou(truth, predicted, categories) -> tuple[float, float]:
    """Class-wise mIoU and FB-IoU by loops over pixels of whole categories, from the definition."""
    inter = {c: [0, 0] for c in categories}
    union = {c: [0, 0] for c in categories}
    for t, p, c in zip(truth, predicted, categories, strict=True):
        for value in (0, 1):
            known = t != 255
            inter[c][value] += int(((t == value) & (p == value) & known).sum())
            union[c][value] += int((((t == value) | (p == value)) & known).sum())
    miou = np.mean([inter[c][1] / union[c][1] for c in sorted(inter)])
    fb = [sum(inter[c][v] for c in inter) / sum(union[c][v] for c in union) for v in (0, 1)]
    return float(miou), float(np.mean(fb))


def test_class_wise_miou_and_fb_iou_equal_an_independent_computation():
    truth, predictions, categories, records = draw(np.random.default_rng(3), 20)
    groups = [str(i) for i in range(20)]
    boot = resample(TASK, SPEC, records, groups, categories, 0, 50)
    pooled = resample(TASK, SPEC, records, groups, [""] * 20, 0, 50)
    for p in range(3):
        miou, fb_iou = plain_miou(truth, predictions[p], categories)
        assert boot.values["iou"][p] == pytest.approx(miou, abs=1e-12)
        assert pooled.values["miou"][p] == pytest.approx(fb_iou, abs=1e-12)
    alone = per_category(TASK, SPEC, records[0], categories)
    assert np.mean(list(alone.values())) == pytest.approx(boot.values["iou"][0])
    assert len(np.unique(boot.values["iou"])) == 3


def test_resamples_are_those_of_lists_of_records():
    """Every draw is the mean over categories of the metric of a list with repeated Records."""
    _, _, categories, records = draw(np.random.default_rng(5), 12)
    groups = [f"g{i // 2}" for i in range(12)]
    boot = resample(TASK, SPEC, records[:1], groups, categories, 7, 40)
    from painter_kit.evaluation.order import generator

    weights = generator(7, "bootstrap").multinomial(6, np.full(6, 1 / 6), size=40)
    member = np.unique(groups, return_inverse=True)[1]
    for r in range(40):
        values = []
        for name in ("x", "y", "z"):
            rows = [
                record
                for record, g, c in zip(records[0], member, categories, strict=True)
                for _ in range(weights[r, g])
                if c == name
            ]
            if rows:
                values.append(TASK.summarise(rows, SPEC)["iou"])
        assert boot.draws["iou"][r, 0] == pytest.approx(np.mean(values), abs=1e-12)


def test_pictures_of_one_group_rise_and_fall_together():
    _, _, categories, records = draw(np.random.default_rng(1), 40)
    alone = resample(TASK, SPEC, records, [str(i) for i in range(40)], categories, 0, 400)
    paired = resample(TASK, SPEC, records, [str(i // 8) for i in range(40)], categories, 0, 400)
    assert (alone.groups, paired.groups) == (40, 5)


def test_tasks_that_cannot_be_resampled_at_once_are_refused():
    depth = get_task("depth")
    from painter_kit.data.specs import depth_spec

    rng = np.random.default_rng(0)
    spec = depth_spec("toys")
    truth = [{"depth_m": rng.uniform(1, 5, (6, 6)).astype(np.float32)} for _ in range(4)]
    records = [[depth.measure(np.full((6, 6), 2.0), t, spec) for t in truth]]
    if depth.summarise_many is None:
        with pytest.raises(ValueError, match="resampled by class"):
            resample(depth, spec, records, list("abcd"), list("xxyy"), 0, 10)
    else:
        assert resample(depth, spec, records, list("abcd"), list("xxyy"), 0, 10).groups == 4
