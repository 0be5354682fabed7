"""Keypoints of several persons: against COCO's own evaluation, and the properties of every task."""

from typing import Any

import numpy as np
import pytest

from painter_kit.data.specs import coco_keypoint_spec
from painter_kit.errors import InputError
from painter_kit.tasks.base import decode_example, get_task
from painter_kit.tasks.heat import Keypoints
from painter_kit.tasks.keypoint import encode, render, score
from painter_kit.tasks.people import METRICS, People, as_people, gather, measure, summarise
from painter_kit.types import Example, Record, Truth, sum_records
from tests.coco_keypoints import coco_metrics, coco_truth, results

SPEC = coco_keypoint_spec("coco")
SIZE = (480, 640)
SIDES = [30.0, 60.0, 140.0, 300.0]  # small, medium and large persons


def draw_truth(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Up to five persons, some of them unlabelled, one in four pictures with a crowd."""
    count = int(rng.integers(0, 6))
    side = rng.choice(SIDES, count)
    boxes = np.column_stack([rng.uniform(0, 300, (count, 2)), side, side * 1.5])
    places = boxes[:, None, :2] + rng.random((count, 17, 2)) * boxes[:, None, 2:]
    seen = rng.choice(3, (count, 17, 1)) * (rng.random((count, 1, 1)) < 0.8)
    crowd = rng.random(count) < 0.05
    keypoints = np.concatenate([places, seen * ~crowd[:, None, None]], axis=2)
    return {
        "keypoints": keypoints,
        "boxes": boxes,
        "areas": boxes[:, 2:].prod(axis=1) * rng.uniform(0.4, 0.8, count),
        "crowd": crowd,
        "ignored": crowd | (keypoints[..., 2] == 0).all(axis=1),
        "size": np.array(SIZE),
    }


def draw_people(rng: np.random.Generator, truth: Truth) -> People:
    """Every person twice, off by something, and a few more, some of them alike."""
    count = len(truth["boxes"])
    spread = np.repeat(truth["boxes"][:, 2], 2)[:, None, None] * rng.uniform(
        0, 0.1, (2 * count, 1, 1)
    )
    near = np.repeat(truth["keypoints"][..., :2], 2, axis=0)
    near = near + spread * rng.normal(size=near.shape)
    other = rng.uniform(0, 500, (12, 1, 2)) + rng.uniform(0, 200, (12, 17, 2))
    points = np.concatenate([near, other])
    scores = rng.random(len(points)).astype(np.float32).astype(np.float64)
    return People(points, rng.random(points.shape[:2]), scores, SIZE)


def annotations_of(truth: Truth, image: int, first: int) -> list[dict[str, Any]]:
    return [
        {
            "id": first + place,
            "image_id": image,
            "category_id": 1,
            "keypoints": truth["keypoints"][place].ravel().tolist(),
            "num_keypoints": int((truth["keypoints"][place, :, 2] > 0).sum()),
            "bbox": truth["boxes"][place].tolist(),
            "area": float(truth["areas"][place]),
            "iscrowd": int(truth["crowd"][place]),
        }
        for place in range(len(truth["boxes"]))
    ]


@pytest.mark.parametrize("seed", range(6))
def test_average_precision_equals_cocos(seed: int):
    rng = np.random.default_rng(seed)
    truths = [draw_truth(rng) for _ in range(12)]
    people = [draw_people(rng, truth) for truth in truths]
    annotations: list[dict[str, Any]] = []
    for image, truth in enumerate(truths):
        annotations += annotations_of(truth, image, 1 + len(annotations))
    found = [row for image, p in enumerate(people) for row in results(image, p)]
    expected = coco_metrics(coco_truth(annotations, len(truths)), found)
    metrics = summarise([measure(p, t, SPEC) for p, t in zip(people, truths, strict=True)], SPEC)
    assert set(metrics) == set(METRICS)
    assert metrics == pytest.approx(expected, abs=1e-12)
    assert 0.05 < metrics["ap"] < 0.9


def crops_of(truth: Truth, padding: float = 1.25) -> dict[str, np.ndarray]:
    """A crop around every box, of the canvas's aspect."""
    boxes = truth["boxes"]
    width = np.maximum(boxes[:, 2], boxes[:, 3] * 0.75) * padding
    crops = np.column_stack([boxes[:, :2] + boxes[:, 2:] / 2, width, width / 0.75])
    return {**truth, "crops": crops, "crop_scores": np.linspace(0.9, 0.5, len(crops))}


def apart(seed: int = 0) -> dict[str, np.ndarray]:
    """Three persons whose keypoints lie on a grid of their boxes, so that squares stay apart."""
    rng = np.random.default_rng(seed)
    boxes = np.array([[20, 30, 90, 120], [200, 100, 150, 200], [420, 40, 66, 88]], float)
    cells = np.stack(np.divmod(np.arange(20), 4)[::-1], axis=1)[:17] / (3.4, 4.4) + 0.05
    order = [rng.permutation(17) for _ in boxes]
    places = np.array([b[:2] + cells[o] * b[2:] for b, o in zip(boxes, order, strict=True)])
    keypoints = np.concatenate([places, np.full((3, 17, 1), 2.0)], axis=2)
    flags = np.zeros(3, bool)
    truth = {"keypoints": keypoints, "boxes": boxes, "areas": boxes[:, 2:].prod(axis=1) * 0.6}
    return crops_of({**truth, "crowd": flags, "ignored": flags, "size": np.array(SIZE)})


def painting(truth: Truth) -> np.ndarray:
    """What a perfect painter paints: each person in its crop, and in the mirrored one."""
    swap = np.arange(17)
    for one, other in SPEC.protocol.flip_pairs:
        swap[[one, other]] = other, one
    pictures = []
    for keypoints, (x, y, width, height) in zip(truth["keypoints"], truth["crops"], strict=True):
        own = keypoints.copy()
        own[:, :2] = (own[:, :2] - (x - width / 2, y - height / 2)) * 192 / width
        # A crop of the mirrored picture lies a pixel of the picture further right.
        mirrored = own[swap] * (-1, 1, 1) + (192 - 192 / width, 0, 0)
        pictures += [encode({"keypoints": k}, SPEC, (256, 192)) for k in (own, mirrored)]
    return np.array(pictures, np.float32).reshape(-1, 256, 192, 3) / np.float32(255)


def example_of(truth: Truth) -> Example:
    return Example("a", "a", np.zeros((*SIZE, 3), np.uint8), truth)


def test_painted_persons_come_back_to_their_places():
    truth = apart()
    found = decode_example(get_task("keypoint"), SPEC, painting(truth), example_of(truth))
    assert isinstance(found, People)
    assert found.size == SIZE
    assert found.person_scores == pytest.approx([0.9, 0.7, 0.5], abs=0.05)
    # Heat is at whole pixels of the crop, and the flip test moves by one.
    pixel = truth["crops"][:, 2].max() / 192
    assert np.abs(found.points - truth["keypoints"][..., :2]).max() < 1.5 * pixel
    metrics = summarise([measure(found, truth, SPEC)], SPEC)
    assert metrics == pytest.approx(dict.fromkeys(METRICS, 1.0))


def test_small_colour_noise_and_resizing_change_little():
    truth, rng = apart(1), np.random.default_rng(0)
    painted = painting(truth).repeat(2, axis=1).repeat(3, axis=2)
    painted = painted + rng.uniform(-3, 3, painted.shape).astype(np.float32) / 255
    found = decode_example(get_task("keypoint"), SPEC, painted, example_of(truth))
    assert summarise([measure(found, truth, SPEC)], SPEC)["ap"] == pytest.approx(1.0)


def test_the_same_crop_twice_gives_one_person():
    truth = apart()
    twice = {**truth, "crops": np.repeat(truth["crops"], 2, axis=0)}
    twice["crop_scores"] = np.array([0.5, 0.9, 0.8, 0.4, 0.3, 0.2])
    painted = painting(truth).reshape(3, 2, 256, 192, 3).repeat(2, axis=0)
    spec = SPEC
    found = decode_example(
        get_task("keypoint"), spec, painted.reshape(-1, 256, 192, 3), example_of(twice)
    )
    assert found.person_scores == pytest.approx([0.9, 0.8, 0.3], abs=0.05)


def test_keypoints_go_back_by_centre_and_extent():
    points = np.tile([[0.0, 0.0], [96.0, 128.0], [192.0, 256.0]], (6, 1))[:17]
    crop = Keypoints(points, np.full(17, 0.5), (256, 192))
    truth = {
        "crops": np.array([[100.0, 200.0, 48.0, 64.0]]),
        "crop_scores": np.array([0.8]),
        "size": np.array(SIZE),
    }
    found = gather([crop], truth, SPEC)
    assert found.points[0, :3].tolist() == [[76, 168], [100, 200], [124, 232]]
    assert found.person_scores.tolist() == [0.4]


def noisy_records(count: int) -> list[Record]:
    """Records of paintings that go from good to useless."""
    rng = np.random.default_rng(0)
    records = []
    for seed in range(count):
        truth = apart(seed)
        painted = painting(truth)
        painted = painted + rng.normal(0, 0.06 * seed, painted.shape).astype(np.float32)
        found = decode_example(get_task("keypoint"), SPEC, painted, example_of(truth))
        records.append(measure(found, truth, SPEC))
    return records


def test_summaries_depend_only_on_the_multiset_and_scores_average_to_ar():
    records = noisy_records(5)
    metrics = summarise(records, SPEC)
    assert summarise(records[::-1], SPEC) == pytest.approx(metrics, rel=1e-12)
    assert metrics["ar"] < 1
    scores = score(records, sum_records(records))
    assert scores.mean() == pytest.approx(metrics["ar"])
    assert scores[0] > scores[-1]


@pytest.mark.parametrize("level", [0.0, 0.5, -7.0, 9.0])
def test_absurd_paintings_are_worth_nothing(level: float):
    truth = apart()
    painted = np.full((6, 64, 64, 3), level, np.float32)
    found = decode_example(get_task("keypoint"), SPEC, painted, example_of(truth))
    metrics = summarise([measure(found, truth, SPEC)], SPEC)
    assert np.isfinite(list(metrics.values())).all()
    assert metrics["ap"] < 0.05


def test_nobody_looked_for_and_nobody_there():
    empty = crops_of(draw_truth(np.random.default_rng(0)))
    nobody = {k: v if k == "size" else v[:0] for k, v in empty.items()}
    painted = np.zeros((0, 0, 0, 3), np.float32)
    found = decode_example(get_task("keypoint"), SPEC, painted, example_of(nobody))
    assert found.points.shape == (0, 17, 2)
    record = measure(found, nobody, SPEC)
    with pytest.raises(InputError, match="no example has a labelled keypoint"):
        summarise([record], SPEC)
    full = measure(found, apart(), SPEC)
    assert summarise([record, full], SPEC)["ap"] == 0
    assert render(found, SPEC).shape == (*SIZE, 3)


def test_a_person_alone_scores_as_its_keypoints_do():
    one = Keypoints(np.zeros((17, 2)), np.array([0.6, 0.4, *[0.1] * 15]), SIZE)
    assert as_people(one, SPEC).person_scores.tolist() == [0.5]


def test_the_area_of_a_person_in_a_crop_is_that_in_the_photograph():
    x, y = np.linspace(20, 150, 17), np.linspace(20, 220, 17)
    keypoints = np.column_stack([x, y, np.full(17, 2)])
    one = Keypoints(keypoints[:, :2], np.ones(17), (256, 192))
    box, area = np.array([20, 20, 130, 200], float), np.array(2.0**2 * 5000)
    truth = {"keypoints": keypoints, "box": box, "area": area, "zoom": np.array(2.0)}
    metrics = summarise([measure(as_people(one, SPEC), truth, SPEC)], SPEC)
    assert metrics["ap_medium"] == pytest.approx(1)
    assert "ap_large" not in metrics


def test_dots_of_all_people_are_shown():
    truth = apart()
    scores = np.ones((3, 17))
    people = People(truth["keypoints"][..., :2], scores, np.ones(3), SIZE)
    shown = render(people, SPEC)
    for x, y, _ in truth["keypoints"].reshape(-1, 3).round().astype(int):
        assert shown[y, x].any()
