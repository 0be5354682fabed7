"""What every task promises, on generated truth (round trip, order, perfection, no NaN)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.tasks import base
from painter_kit.tasks.base import (
    Task,
    get_task,
    make_pair,
    register_task,
    segment_type_of,
    task_names,
)
from painter_kit.tasks.colors import (
    LOCATION_CODING,
    grid_palette,
    keypoint_palette,
    resize_nearest,
)
from painter_kit.tasks.depth import DepthProtocol
from painter_kit.tasks.foreground import ForegroundProtocol
from painter_kit.tasks.instance import InstanceProtocol
from painter_kit.tasks.keypoint import KeypointProtocol
from painter_kit.tasks.panoptic import PanopticProtocol
from painter_kit.tasks.restoration import RestorationProtocol
from painter_kit.tasks.semantic import SemanticProtocol
from painter_kit.types import Coding, Example, Painted, Record, Spec, Truth, sum_records

SIZE = (64, 64)
SIGMAS = (0.06, 0.08, 0.1, 0.07, 0.07, 0.09, 0.09)


@dataclass(frozen=True)
class Case:
    """A task with a spec, the value its primary metric has when all is right, and the slack."""

    name: str
    metric: str
    coding: Coding
    protocol: Any
    best: float
    slack: float = 1e-9
    # What score averages to, when that is not the primary metric.
    ranked: str = ""
    parts: tuple[tuple[str, str], ...] = ()  # name of a part and its task

    @property
    def task(self) -> Task:
        return get_task(self.name)

    @property
    def spec(self) -> Spec[Any]:
        direction = "min" if self.metric == "rmse" else "max"
        return Spec(
            task=self.name,
            data="generated",
            canvas=64,
            metric=self.metric,
            direction=direction,
            unit="",
            coding=self.coding,
            protocol=self.protocol,
            output_resize="nearest",
            parts=tuple((name, self._part(task)) for name, task in self.parts),
        )

    def _part(self, task: str) -> Spec[Any]:
        return next(case.spec for case in CASES if case.name == task)

    def __str__(self) -> str:
        return f"{self.name}-{getattr(self.protocol, 'convention', self.metric)}"


RAMP = Coding(ramp=((255, 0, 0), (0, 0, 255)))
SKELETON = KeypointProtocol(tuple("abcdefg"), SIGMAS, near_empty=20)
PLACES = InstanceProtocol(candidates=200, near_empty=20)
CASES = [
    # 256 levels over 10 m, cut: at most 40 mm low, plus a millimetre.
    Case("depth", "rmse", Coding(), DepthProtocol(), 0.0, 0.041),
    Case("depth", "d1", RAMP, DepthProtocol(rounding="round", bin_centre=True), 1.0),
    Case("semantic", "miou", Coding(grid_palette(12, 6)), SemanticProtocol(), 1.0),
    Case("coco-semantic", "miou", Coding(grid_palette(12, 7)), SemanticProtocol(void=True), 1.0),
    Case("foreground", "iou", Coding(((20, 90, 10), (200, 60, 90))), ForegroundProtocol(), 1.0),
    Case("instance", "ap", LOCATION_CODING, PLACES, 1.0),
    Case(
        "panoptic",
        "pq",
        Coding(),
        PanopticProtocol(things=tuple(range(8)), stuff_area=100),
        1.0,
        parts=(("semantic", "coco-semantic"), ("instance", "instance")),
    ),
    Case("keypoint", "pck", Coding(keypoint_palette(7)), SKELETON, 1.0),
    Case("keypoint", "oks", Coding(keypoint_palette(7)), SKELETON, 1.0, 0.02, "oks_pass"),
    Case("keypoint", "ap", Coding(keypoint_palette(7)), SKELETON, 1.0, 0.02, "ar"),
    Case("denoise", "psnr", Coding(), RestorationProtocol("plain"), 100.0),
    Case("denoise", "psnr", Coding(), RestorationProtocol("sidd"), 100.0),
    Case("derain", "psnr", Coding(), RestorationProtocol("derain"), 100.0),
    Case("enhance", "psnr", Coding(), RestorationProtocol("lol"), 100.0),
]
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def truth_of(name: str, seed: int) -> dict[str, np.ndarray]:
    """Random truth of 64 x 64 pixels."""
    rng = np.random.default_rng(seed)
    if name == "depth":
        depth = rng.uniform(0.5, 9.5, SIZE).astype(np.float32)
        depth[rng.random(SIZE) < 0.1] = 0
        return {"depth_m": depth}
    if name in ("semantic", "coco-semantic"):
        labels = rng.integers(0, 12, (8, 8)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
        labels[:, :5] = 255
        return {"labels": labels}
    if name == "foreground":
        mask = np.zeros(SIZE, np.uint8)
        mask[10:40, 5 : 20 + int(rng.integers(30))] = 1
        mask[:, -3:] = 255
        return {"mask": mask}
    if name == "instance":
        masks = np.zeros((3, *SIZE), bool)
        for mask, (y, x) in zip(masks, [(2, 2), (4, 40), (40, 20)], strict=True):
            y, x = y + rng.integers(6), x + rng.integers(6)
            mask[y : y + 14, x : x + 12] = True
        return {"masks": masks}
    if name == "panoptic":
        masks = truth_of("instance", seed)["masks"]
        segments, categories = np.ones(SIZE, np.int32), np.array([11, 10, *rng.integers(0, 8, 3)])
        segments[:, 40:] = 2
        for number, mask in enumerate(masks, start=3):
            segments[mask] = number
        crowd = np.zeros(5, bool)
        instances = {"mask_categories": categories[2:], "mask_crowd": crowd[2:], "masks": masks}
        whole = {"segments": segments, "categories": categories, "crowd": crowd}
        # The parts are painted from labels and masks.
        return {**whole, **instances, "labels": (categories[segments - 1]).astype(np.uint8)}
    if name == "keypoint":
        rows, columns = np.divmod(rng.choice(9, 7, replace=False), 3)
        points = np.stack([12 + 20 * columns, 12 + 20 * rows, np.full(7, 2)], axis=1)
        points[3, 2] = 0
        box, area = np.array([4, 4, 56, 56], np.float32), np.float32(2000)
        return {"keypoints": points.astype(np.float32), "box": box, "area": area}
    return {"clean": rng.integers(0, 256, (*SIZE, 3)).astype(np.uint8)}


def painting(case: Case, truth: Truth) -> Any:
    """What a perfect model paints, of every part if there are parts."""
    if case.parts:
        return {name: _encoded(case.spec.part(name), truth) for name, _ in case.parts}
    return _encoded(case.spec, truth)


def _encoded(spec: Spec[Any], truth: Truth) -> np.ndarray:
    target = get_task(spec.task).encode(truth, spec, SIZE)
    return target.astype(np.float32) / np.float32(255)


def changed(painted: Painted, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """``change`` applied to the output, or to that of every part."""
    if isinstance(painted, Mapping):
        return {name: changed(output, change) for name, output in painted.items()}
    return change(painted)


def measured(case: Case, truth: Truth, painted: Painted) -> Record:
    return case.task.measure(case.task.decode(painted, case.spec, SIZE), truth, case.spec)


def noisy_records(case: Case, count: int) -> list[Record]:
    """Records of predictions that go from good to useless."""
    rng = np.random.default_rng(0)
    records = []
    for seed in range(count):
        truth = truth_of(case.name, seed)
        noise = rng.normal(0, 0.08 * seed, (*SIZE, 3)).astype(np.float32)
        painted = changed(painting(case, truth), lambda output, noise=noise: output + noise)
        records.append(measured(case, truth, painted))
    return records


@every_case
def test_the_painted_truth_is_read_back_perfectly(case):
    truths = [truth_of(case.name, seed) for seed in range(3)]
    records = [measured(case, truth, painting(case, truth)) for truth in truths]
    metrics = case.task.summarise(records, case.spec)
    assert metrics[case.metric] == pytest.approx(case.best, abs=case.slack)


# Restoration has no code that noise could leave untouched.
@pytest.mark.parametrize("case", [c for c in CASES if c.metric != "psnr"], ids=str)
def test_small_colour_noise_and_nearest_resizing_change_little(case):
    truth = truth_of(case.name, 5)
    rng = np.random.default_rng(5)
    noise = rng.uniform(-3, 3, (192, 128, 3)).astype(np.float32) / 255
    painted = changed(
        painting(case, truth), lambda output: resize_nearest(output, (192, 128)) + noise
    )
    metrics = case.task.summarise([measured(case, truth, painted)], case.spec)
    # Noise may move a peak of heat by a pixel and a level of depth by 3.
    slack = {"depth": 0.1, "keypoint": 0.05}.get(case.name, 0)
    assert metrics[case.metric] == pytest.approx(case.best, abs=case.slack + slack)


@every_case
def test_summaries_depend_only_on_the_multiset_of_records(case):
    records = noisy_records(case, 6)
    metrics = case.task.summarise(records, case.spec)
    shuffled = [records[i] for i in (3, 1, 5, 0, 4, 2)]
    assert case.task.summarise(shuffled, case.spec) == pytest.approx(metrics, rel=1e-12)
    assert case.task.summarise(records * 2, case.spec) == pytest.approx(metrics, rel=1e-12)
    assert case.spec.metric in metrics


@every_case
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, -7.0, 9.0])
def test_empty_and_absurd_predictions_give_no_nan(case, level):
    truth = truth_of(case.name, 1)
    flat = changed(painting(case, truth), lambda output: np.full_like(output, level))
    record = measured(case, truth, flat)
    metrics = case.task.summarise([record], case.spec)
    assert np.isfinite(list(metrics.values())).all()
    worse = case.best - metrics[case.metric]
    assert (-worse if case.metric == "rmse" else worse) > 0.3
    assert np.isfinite(case.task.score([record], record)).all()


@every_case
def test_scores_average_to_the_metric_that_they_stand_for(case):
    records = noisy_records(case, 8)
    scores = case.task.score(records, sum_records(records))
    assert scores.shape == (8,)
    expected = case.task.summarise(records, case.spec)[case.ranked or case.metric]
    if case.name == "depth":
        # The score of depth is that of the published primary metric, whatever the spec's.
        expected = -case.task.summarise(records, case.spec)["rmse"]
    # Average precision is scored by levels of the detections' scores.
    assert scores.mean() == pytest.approx(expected, abs=0.01 if case.name == "instance" else 1e-12)
    assert scores[0] > scores[-1]


@every_case
def test_weights_are_a_valid_map(case):
    truth = truth_of(case.name, 2)
    weight = case.task.weight(truth, case.spec, SIZE)
    assert weight.shape == (*SIZE, 3)
    assert weight.dtype == np.float32
    assert set(np.unique(weight)) <= {0.0, 1.0, 10.0}
    assert weight.any()


# Keypoints are in pixels of the picture, which fixes its size.
@pytest.mark.parametrize("case", [c for c in CASES if c.name != "keypoint"], ids=str)
def test_targets_and_weights_follow_the_size_asked_for(case):
    truth = truth_of(case.name, 2)
    assert case.task.encode(truth, case.spec, (32, 48)).shape == (32, 48, 3)
    assert case.task.weight(truth, case.spec, (32, 48)).shape == (32, 48, 3)


@every_case
def test_predictions_are_shown_as_pictures(case):
    truth = truth_of(case.name, 3)
    prediction = case.task.decode(painting(case, truth), case.spec, SIZE)
    shown = case.task.render(prediction, case.spec)
    assert shown.shape == (*SIZE, 3)
    assert shown.dtype == np.uint8
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 1


@pytest.mark.parametrize("name", ["depth", "semantic", "keypoint", "instance"])
def test_a_set_without_any_truth_is_refused(name):
    case = next(c for c in CASES if c.name == name)
    truth = truth_of(name, 0)
    nothing = {
        "depth": lambda: {"depth_m": np.zeros_like(truth["depth_m"])},
        "semantic": lambda: {"labels": np.full_like(truth["labels"], 255)},
        "instance": lambda: {"masks": truth["masks"][:0]},
        "keypoint": lambda: {**truth, "keypoints": truth["keypoints"] * [1, 1, 0]},
    }[name]()
    record = measured(case, nothing, painting(case, truth))
    with pytest.raises(InputError) as caught:
        case.task.summarise([record], case.spec)
    assert "\n" not in str(caught.value)
    full = measured(case, truth, painting(case, truth))
    both = case.task.summarise([record, full], case.spec)
    alone = case.task.summarise([full], case.spec)
    beside, _ = case.task.score([record, full], full)
    if name == "instance":  # whose false detections on the empty picture count against it
        assert both["ap"] <= alone["ap"]
        assert beside < case.task.score([full], full)[0]
    else:
        assert both == pytest.approx(alone)
        assert beside == pytest.approx(case.task.score([full], full)[0])


def test_unknown_tasks_are_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"unknown task 'dept'.*Did you mean 'depth'"):
        get_task("dept")


def test_the_type_of_a_task_is_its_own_unless_chosen(monkeypatch):
    semantic = {name for name in task_names() if segment_type_of(name) == "semantic"}
    assert semantic == {"semantic", "coco-semantic"}
    assert segment_type_of("instance") == segment_type_of("nobody's") == "instance"
    assert segment_type_of("depth", "semantic") == "semantic"
    assert segment_type_of("semantic", "instance") == "instance"
    monkeypatch.setattr(base, "_registered", {})
    register_task(replace(get_task("foreground"), name="organs", segment_type="semantic"))
    assert segment_type_of("organs") == "semantic"


def test_a_task_registered_from_outside_is_found(monkeypatch):
    monkeypatch.setattr(base, "_registered", {})
    depth = get_task("depth")
    mine = Task("mine", *(getattr(depth, n) for n in list(Task.__dataclass_fields__)[1:-1]))
    register_task(mine)
    assert get_task("mine") is mine
    assert "mine" in task_names()


def test_pairs_are_painted_in_the_examples_own_coding():
    case = next(c for c in CASES if c.name == "foreground")
    image = np.full((*SIZE, 3), 7, np.uint8)
    own = Coding(((1, 2, 3), (250, 5, 6)))
    truth = truth_of("foreground", 0)
    pair = make_pair(case.task, case.spec, Example("a", "a", image, truth, own))
    assert pair.coding == own
    assert pair.target[20, 10].tolist() == [250, 5, 6]
    plain = make_pair(case.task, case.spec, Example("a", "a", image, truth))
    assert plain.target[20, 10].tolist() == [200, 60, 90]


def test_metrics_that_nothing_counts_for_are_left_out():
    resampled = {"ap": np.array([0.25, 1.0]), "ap_small": np.array([np.nan, 0.5])}
    assert base.known_metrics(resampled) == {"ap": 0.25}
