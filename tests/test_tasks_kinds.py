"""Recall by kind of category, against pycocotools that ignores the other kinds."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.data.specs import instance_spec
from painter_kit.tasks.base import get_task
from painter_kit.tasks.instance import Instances
from painter_kit.tasks.kinds import KINDS, kind_metrics, kind_values
from tests.coco_oracle import Picture, _encode, draw_picture

TASK, SPEC = get_task("instance"), instance_spec("lvis")


def with_kinds(seed: int) -> tuple[Picture, np.ndarray]:
    picture = draw_picture(seed)
    kinds = np.random.default_rng(seed).integers(0, len(KINDS), len(picture.truth))
    return picture._replace(crowd=np.zeros(len(picture.truth), bool)), kinds


def coco_recall(pictures: list[tuple[Picture, np.ndarray]], kind: int | None) -> float:
    """AR at 100 without categories; objects of other kinds are put out of the range of areas."""
    annotations: list[dict[str, Any]] = []
    results = []
    for image, (picture, kinds) in enumerate(pictures, start=1):
        for mask, own in zip(picture.truth, kinds, strict=True):
            area = 1.0 if kind in (None, own) else 1e12
            entry = {"id": len(annotations) + 1, "image_id": image, "category_id": 1}
            annotations.append(entry | {"segmentation": _encode(mask), "iscrowd": 0, "area": area})
        for mask, score in zip(picture.masks, picture.scores, strict=True):
            entry = {"image_id": image, "category_id": 1, "score": float(score)}
            results.append(entry | {"segmentation": _encode(mask)})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": i + 1, "height": 150, "width": 200} for i in range(len(pictures))],
            "annotations": annotations,
            "categories": [{"id": 1}],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "segm")
        evaluation.params.useCats = 0
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.params.maxDets = [100]
        evaluation.evaluate()
        evaluation.accumulate()
    recall = evaluation.eval["recall"]  # thresholds x categories x areas x limits
    return float(recall[recall > -1].mean())


@pytest.mark.parametrize("seed", range(3))
def test_recall_of_each_kind_is_cocos(seed: int):
    pictures = [with_kinds(100 * seed + i) for i in range(12)]
    records = []
    for picture, kinds in pictures:
        truth = {"masks": picture.truth, "crowd": picture.crowd, "areas": picture.areas}
        prediction = Instances(picture.masks, picture.scores)
        records.append(TASK.measure(prediction, {**truth, "kinds": kinds}, SPEC))
    found = TASK.summarise(records, SPEC)
    assert found["ar"] == pytest.approx(coco_recall(pictures, None), abs=1e-12)
    for place, kind in enumerate(KINDS):
        expected = coco_recall(pictures, place)
        assert found[f"ar_{kind}"] == pytest.approx(expected, abs=1e-12)
        assert 0.05 < expected < 0.95


def test_an_object_of_the_kind_is_taken_before_a_more_similar_one_of_another():
    iou, scores, crowd = np.array([[0.6, 0.9]]), np.ones(1), np.zeros(2, bool)
    kinds = np.array([2, 0])
    values = kind_values(iou, scores, crowd, kinds, keep=100)
    found = dict(zip(KINDS, values[:3], strict=True))
    assert found["novel"] == pytest.approx(0.3)  # thresholds 0.5, 0.55 and 0.6
    assert found["things"] == pytest.approx(0.9)
    assert values[3:].tolist() == [1, 0, 1]
    assert kind_values(iou, scores, crowd, kinds, keep=0)[:3].tolist() == [0, 0, 0]


def test_kinds_without_objects_have_no_recall():
    metrics = kind_metrics(np.array([[1.0, 0.0, 0.5, 2.0, 0.0, 1.0]]))
    assert metrics["ar_things"] == [0.5]
    assert np.isnan(metrics["ar_stuff"]).all()
    assert metrics["ar_novel"] == [0.5]


def test_truth_without_kinds_is_measured_the_same_but_for_them():
    picture, kinds = with_kinds(5)
    truth = {"masks": picture.truth, "crowd": picture.crowd, "areas": picture.areas}
    prediction = Instances(picture.masks, picture.scores)
    plain = TASK.measure(prediction, truth, SPEC)
    rich = TASK.measure(prediction, {**truth, "kinds": kinds}, SPEC)
    assert plain.payload == rich.payload
    without, found = TASK.summarise([plain], SPEC), TASK.summarise([rich], SPEC)
    assert without == {name: found[name] for name in without}
    assert {name.removeprefix("ar_") for name in found.keys() - without.keys()} <= set(KINDS)
    assert TASK.score([plain], plain) == TASK.score([rich], rich)
