"""Animals: AP by species against COCO's own evaluation, PCK against plain loops over keypoints."""

import contextlib
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from painter_kit.data.animal_skeletons import ANIMALPOSE_SIGMAS, AP10K_SIGMAS
from painter_kit.data.animals import CANVAS
from painter_kit.data.specs import animal_spec
from painter_kit.errors import InputError
from painter_kit.tasks.animals import layout_of, measure, summarise, summarise_resamples
from painter_kit.tasks.base import get_task
from painter_kit.tasks.people import People
from painter_kit.types import Record, Spec, Truth

SIZE = (480, 640)
SPECIES = ("cat", "cow", "gnu", "yak")
SHARED = (0, 1, 4, 6, 8, 12, 16)
SPECS: dict[str, Spec[Any]] = {
    "ap10k": animal_spec("ap10k", AP10K_SIGMAS, CANVAS, SPECIES),
    "animalpose": animal_spec("animalpose", ANIMALPOSE_SIGMAS, CANVAS, ("animal",), SHARED),
}
NAMES = ("ap", "ap50", "ap75", "ap_medium", "ap_large", "ar")


def draw(rng: np.random.Generator, spec: Spec[Any]) -> tuple[Truth, People]:
    """Animals of all sizes, some unlabelled; of each that has a crop a prediction that is off by
    something and now and then lacks keypoints, some left out as OKS-NMS does."""
    joints, count = len(spec.protocol.names), int(rng.integers(1, 6))
    side = rng.choice([30.0, 60.0, 140.0, 300.0], count)
    boxes = np.column_stack([rng.uniform(0, 300, (count, 2)), side, side * 0.7])
    places = boxes[:, None, :2] + rng.random((count, joints, 2)) * boxes[:, None, 2:]
    seen = rng.choice(3, (count, joints, 1)) * (rng.random((count, 1, 1)) < 0.85)
    keypoints = np.concatenate([places, seen], axis=2) * (seen > 0)
    labelled = (keypoints[..., 2] > 0).any(axis=1)
    truth = {
        "keypoints": keypoints,
        "boxes": boxes,
        "areas": boxes[:, 2:].prod(axis=1) * rng.uniform(0.5, 1.0, count),
        "crowd": np.zeros(count, bool),
        "ignored": ~labelled,
        "categories": rng.integers(0, len(spec.classes), count),
        "crop_animals": np.flatnonzero(labelled),
    }
    own = places[labelled]
    error = side[labelled, None, None] * rng.choice([0.005, 0.03, 0.2], (len(own), joints, 1))
    points = own + error * rng.normal(size=own.shape)
    scores = rng.random(points.shape[:2]) * (rng.random(points.shape[:2]) < 0.9)
    points[scores == 0] = -1
    persons = rng.random(len(points)).astype(np.float32).astype(np.float64)
    kept = np.argsort(-persons)[: max(1, len(points) - int(rng.random() < 0.3))]
    crops = points, scores
    return truth, People(points[kept], scores[kept], persons[kept], SIZE, kept, crops)


def drawn(seed: int, name: str, count: int = 14) -> list[tuple[Truth, People]]:
    rng = np.random.default_rng(seed)
    return [draw(rng, SPECS[name]) for _ in range(count)]


def coco_metrics(pairs: list[tuple[Truth, People]], spec: Spec[Any], joints: Any) -> dict:
    """The first six of COCO's summary with the spec's sigmas; only ``joints`` are labelled."""
    annotations: list[dict[str, Any]] = []
    found = []
    for image, (truth, people) in enumerate(pairs, start=1):
        for place, full in enumerate(truth["keypoints"]):
            keypoints = np.zeros_like(full)
            keypoints[joints] = full[joints]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": int(truth["categories"][place]) + 1,
                    "keypoints": keypoints.ravel().tolist(),
                    "num_keypoints": int((keypoints[:, 2] > 0).sum()),
                    "bbox": truth["boxes"][place].tolist(),
                    "area": float(truth["areas"][place]),
                    "iscrowd": 0,
                }
            )
        labels = truth["categories"][truth["crop_animals"][people.kept]]
        for points, score, label in zip(people.points, people.person_scores, labels, strict=True):
            row = np.column_stack([points, np.ones(len(points))]).ravel().tolist()
            found.append({"image_id": image, "category_id": int(label) + 1, "keypoints": row})
            found[-1]["score"] = float(score)
    with contextlib.redirect_stdout(io.StringIO()):
        oracle = COCO()
        oracle.dataset = {
            "images": [{"id": i + 1} for i in range(len(pairs))],
            "annotations": annotations,
            "categories": [{"id": c + 1} for c in range(len(spec.classes))],
        }
        oracle.createIndex()
        evaluation = COCOeval(oracle, oracle.loadRes(found), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.array(spec.protocol.sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, map(float, evaluation.stats[:6]), strict=True))


def plain_pck(pairs: list[tuple[Truth, People]], share: float, joints: Any) -> tuple[float, float]:
    """PCK pooled over keypoints, and the mean over joints, one keypoint at a time."""
    right: dict[int, list[bool]] = {joint: [] for joint in joints}
    for truth, people in pairs:
        points, scores = people.crops or (people.points, people.scores)
        for crop, animal in enumerate(truth["crop_animals"]):
            width, height = truth["boxes"][animal][2:]
            for joint in joints:
                x, y, seen = truth["keypoints"][animal][joint]
                if seen:
                    away = float(np.hypot(*(points[crop][joint] - (x, y))))
                    near = away / max(width, height) <= share
                    right[joint].append(near and bool(scores[crop][joint] > 0))
    pooled = [hit for hits in right.values() for hit in hits]
    each = [np.mean(hits) for hits in right.values() if hits]
    return float(np.mean(pooled)), float(np.mean(each))


def records_of(pairs: list[tuple[Truth, People]], spec: Spec[Any]) -> list[Record]:
    return [measure(people, truth, spec) for truth, people in pairs]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", SPECS)
def test_average_precision_is_cocos_with_these_sigmas_and_species(name: str, seed: int):
    spec, pairs = SPECS[name], drawn(seed, name)
    found = summarise(records_of(pairs, spec), spec)
    every = np.arange(len(spec.protocol.names))
    expected = coco_metrics(pairs, spec, every)
    assert {n: found[n] for n in NAMES} == pytest.approx(expected, abs=1e-12)
    assert 0.05 < found["ap"] < 0.95
    if name == "ap10k":
        pooled = replace(spec, classes=("animal",))
        alike = [({**t, "categories": 0 * t["categories"]}, p) for t, p in pairs]
        other = summarise(records_of(alike, pooled), pooled)
        assert other["ap"] != pytest.approx(found["ap"], abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_shared_joints_are_measured_as_if_no_other_were_labelled(seed: int):
    spec, pairs = SPECS["animalpose"], drawn(seed, "animalpose")
    found = summarise(records_of(pairs, spec), spec)
    expected = coco_metrics(pairs, spec, np.array(SHARED))
    assert found["ap_shared"] == pytest.approx(expected["ap"], abs=1e-12)
    assert found["ar_shared"] == pytest.approx(expected["ar"], abs=1e-12)
    assert found["ap_shared"] != found["ap"]
    own = [joint for joint in range(20) if joint not in SHARED]
    assert found["pck_shared"] == pytest.approx(plain_pck(pairs, 0.05, SHARED)[0], abs=1e-12)
    assert found["pck_20_shared"] == pytest.approx(plain_pck(pairs, 0.2, SHARED)[0], abs=1e-12)
    assert found["pck_own"] == pytest.approx(plain_pck(pairs, 0.05, own)[0], abs=1e-12)


@pytest.mark.parametrize("name", SPECS)
def test_pck_is_that_of_plain_loops(name: str):
    spec, pairs = SPECS[name], drawn(7, name)
    found = summarise(records_of(pairs, spec), spec)
    joints = range(len(spec.protocol.names))
    pooled, mean = plain_pck(pairs, 0.05, joints)
    assert found["pck"] == pytest.approx(pooled, abs=1e-12)
    assert found["pck_joint"] == pytest.approx(mean, abs=1e-12)
    assert found["pck_20"] == pytest.approx(plain_pck(pairs, 0.2, joints)[0], abs=1e-12)
    assert 0.1 < found["pck"] < found["pck_20"] < 1
    wider = replace(spec, protocol=replace(spec.protocol, pck_share=0.2))
    assert summarise(records_of(pairs, wider), wider)["pck"] == found["pck_20"]


def test_pck_looks_at_every_box_and_average_precision_at_those_that_nms_kept():
    spec = SPECS["ap10k"]
    truth, people = next((t, p) for t, p in drawn(0, "ap10k") if len(t["crop_animals"]) > 1)
    kept = people._replace(points=people.points[:1], scores=people.scores[:1])
    kept = kept._replace(person_scores=people.person_scores[:1], kept=np.array(people.kept)[:1])
    one, all_ = (summarise([measure(p, truth, spec)], spec) for p in (kept, people))
    assert one["pck"] == all_["pck"]
    assert measure(kept, truth, spec).values[2] == measure(people, truth, spec).values[2]


def test_detections_meet_truth_of_their_own_species_only():
    spec = SPECS["ap10k"]
    keypoints = np.full((2, 17, 3), 2.0)
    keypoints[:, :, :2] = np.arange(34).reshape(17, 2) + np.array([0, 300])[:, None, None]
    truth = {
        "keypoints": keypoints,
        "boxes": np.array([[0, 0, 40, 40], [300, 300, 40, 40]], float),
        "areas": np.array([5000.0, 5000.0]),
        "crowd": np.zeros(2, bool),
        "ignored": np.zeros(2, bool),
        "categories": np.array([0, 1]),
        "crop_animals": np.array([0, 1]),
    }
    scores = np.ones((2, 17))
    points = keypoints[..., :2]
    right = People(points, scores, np.ones(2), SIZE, np.arange(2), (points, scores))
    swapped = right._replace(points=points[::-1], crops=(points[::-1], scores))
    assert summarise([measure(right, truth, spec)], spec)["ap"] == pytest.approx(1)
    assert summarise([measure(swapped, truth, spec)], spec)["ap"] == 0
    alike = {**truth, "categories": np.array([0, 0])}
    # Of one species it does not matter which box an animal was found from, but for PCK.
    found = summarise([measure(swapped, alike, spec)], spec)
    assert (round(found["ap"], 9), found["pck"]) == (1, 0)


def test_resamples_are_those_of_the_records_they_repeat():
    spec = SPECS["animalpose"]
    records = records_of(drawn(3, "animalpose", 6), spec)
    weights = np.array([[1, 1, 1, 1, 1, 1], [0, 2, 0, 1, 0, 3]])
    found = summarise_resamples(records, weights, spec)
    again = summarise([records[i] for i in (5, 1, 3, 5, 1, 5)], spec)
    for name, value in again.items():
        assert found[name][1] == pytest.approx(value, abs=1e-12), name
    assert len(records[0].values) == 3 + 2 * layout_of(spec).block + 3 * 20


def test_scores_add_up_to_the_recall_pooled_over_species():
    spec = SPECS["ap10k"]
    records = records_of(drawn(5, "ap10k"), spec)
    reference = Record(np.sum([r.values for r in records], axis=0))
    scores = get_task("keypoint").score(records, reference)
    assert np.mean(scores) == pytest.approx(reference.values[1] / reference.values[2])


def test_nothing_labelled_is_an_error():
    spec, (truth, people) = SPECS["ap10k"], drawn(0, "ap10k")[0]
    empty = {**truth, "keypoints": truth["keypoints"] * 0, "ignored": truth["ignored"] | True}
    none = People(*(v[:0] for v in people[:3]), SIZE, np.zeros(0, int), None)
    empty["crop_animals"] = np.zeros(0, int)
    with pytest.raises(InputError, match="no example has a labelled keypoint"):
        summarise([measure(none, empty, spec)], spec)
