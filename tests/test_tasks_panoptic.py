import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.coco_categories import NAMES as COCO_NAMES
from painter_kit.data.specs import panoptic_spec
from painter_kit.errors import InputError
from painter_kit.evaluation.intervals import metric_intervals
from painter_kit.evaluation.packed import pack_record, unpack_record
from painter_kit.tasks.base import get_task
from painter_kit.tasks.panoptic import (
    Panoptic,
    PanopticProtocol,
    decode,
    encode,
    measure,
    render,
    score,
    summarise,
    summarise_resamples,
    weight,
)
from painter_kit.types import Record, Spec, sum_records
from tests.coco_oracle import CLASSES, NAMES, Picture, coco_metrics, draw_picture

GOLDEN = Path(__file__).parent / "golden"
CHAIN = np.load(GOLDEN / "panoptic_merge.npz")
COCO = panoptic_spec("test", COCO_NAMES, tuple(range(80)))
SPEC = panoptic_spec("test", ("a", "b", "c", "d", "e", "wall", "floor"), (0, 1, 2, 3, 4))


def merged_at(spec: Spec[PanopticProtocol], area: int) -> Spec[PanopticProtocol]:
    return replace(spec, protocol=replace(spec.protocol, stuff_area=area))


def recorded_chain() -> tuple[Panoptic, dict]:
    """What is decoded of the recorded outputs, and what was recorded of it."""
    outputs = {
        part: np.asarray(Image.open(GOLDEN / f"panoptic_chain_{name}.png")) / 255
        for part, name in (("semantic", "sem"), ("instance", "inst"))
    }
    recorded = json.loads((GOLDEN / "panoptic_merge.json").read_text())["chain"]
    spec = merged_at(COCO, recorded["stuff_area_thresh"])
    return decode(outputs, spec, outputs["semantic"].shape[:2]), recorded


def test_the_recorded_chain_from_pictures_to_segments():
    found, recorded = recorded_chain()
    stable = recorded["tie_order_sensitivity"]["stable_leading_instances"]
    masks = np.unpackbits(CHAIN["chain_masks_packed"], axis=-1)[..., :104].astype(bool)
    np.testing.assert_allclose(found.scores[:stable], CHAIN["chain_scores"][:stable], atol=1e-5)
    np.testing.assert_array_equal(found.masks[:stable], masks[:stable])
    np.testing.assert_array_equal(found.semantic, CHAIN["chain_semantic"])
    clear = CHAIN["chain_vote_margin"] > 1e-3
    np.testing.assert_array_equal(found.labels[clear], CHAIN["chain_classes"][clear])
    np.testing.assert_array_equal(found.segments, CHAIN["chain_panoptic"])
    assert found.categories.tolist() == [s["category_id"] for s in recorded["segments_info"]]


def test_a_noisy_picture_of_coco_at_full_size_keeps_a_hundred_instances():
    rng = np.random.default_rng(0)
    outputs = {}
    for name, source in (("semantic", "sem"), ("instance", "inst")):
        small = np.asarray(Image.open(GOLDEN / f"panoptic_chain_{source}.png"))
        large = np.kron(small, np.ones((7, 6, 1)))[:560, :560] / 255
        outputs[name] = (large + rng.normal(0, 6 / 255, large.shape)).astype(np.float32)
    found = decode(outputs, COCO, (480, 640))
    assert found.masks.shape == (100, 480, 640)
    assert found.segments.shape == (480, 640)


def truth_of(picture: Picture, known: bool = True) -> dict[str, np.ndarray]:
    """Two regions of stuff under the objects, drawn in order; COCO's instances beside it."""
    segments = np.ones(picture.masks.shape[1:], np.int32)
    segments[90:] = 2
    for number, mask in enumerate(picture.truth, start=3):
        segments[mask] = number
    return {
        "segments": segments,
        "categories": np.concatenate([[5, 6], picture.truth_labels]).astype(np.int64),
        "crowd": np.concatenate([[False, False], picture.crowd]),
        "masks": picture.truth,
        "mask_categories": picture.truth_labels,
        "mask_crowd": picture.crowd,
    } | ({"mask_areas": picture.areas} if known else {})


def predicted(picture: Picture) -> Panoptic:
    """The detections with good scores, in order, on the true stuff."""
    order = np.argsort(-picture.scores, kind="stable")
    masks, scores, labels = (a[order] for a in (picture.masks, picture.scores, picture.labels))
    segments, categories = np.zeros(masks.shape[1:], np.int32), []
    for mask, label in zip(masks[scores > 0.6], labels, strict=False):
        categories.append(label)
        segments[mask & (segments == 0)] = len(categories)
    rest = segments == 0
    segments[rest] = len(categories) + 1
    return Panoptic(segments, np.array([*categories, 5]), masks, scores, labels)


PICTURES = [draw_picture(seed) for seed in range(24)]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return [measure(predicted(p), truth_of(p), SPEC) for p in PICTURES]


def test_every_ap_equals_cocos_without_and_with_classes(records: list[Record]):
    assert len(SPEC.protocol.things) == CLASSES
    metrics = summarise(records, SPEC)
    for prefix, by_class in (("", False), ("class_", True)):
        expected = coco_metrics(PICTURES, by_class)
        for name in NAMES:
            assert metrics[f"{prefix}{name}"] == pytest.approx(expected[name], abs=1e-12)
    assert metrics["ap_small"] != metrics["ap_large"]


def test_the_label_map_is_measured_where_it_is_known(records: list[Record]):
    assert "miou" not in summarise(records, SPEC)
    truth = truth_of(PICTURES[3])
    classes = np.concatenate([[255], truth["categories"]])[truth["segments"]].astype(np.uint8)
    found = predicted(PICTURES[3])._replace(semantic=classes)
    assert summarise([measure(found, truth, SPEC)], SPEC)["miou"] == pytest.approx(1)


def test_truth_without_instance_annotations_has_no_ap():
    truth = {k: v for k, v in truth_of(PICTURES[3]).items() if "mask" not in k}
    record = measure(predicted(PICTURES[3]), truth, SPEC)
    assert record.payload is None
    assert set(summarise([record], SPEC)) == {
        *("pq", "sq", "rq", "pq_things", "sq_things", "rq_things"),
        *("pq_stuff", "sq_stuff", "rq_stuff"),
    }


def test_without_areas_there_are_no_ranges():
    record = measure(predicted(PICTURES[3]), truth_of(PICTURES[3], known=False), SPEC)
    names = set(summarise([record], SPEC))
    assert {"ap", "class_ap", "ap50"} <= names
    assert not {n for n in names if n.endswith(("_small", "_medium", "_large"))}


def test_a_set_without_segments_is_refused():
    shape = PICTURES[0].masks.shape[1:]
    nothing = np.zeros(0, np.int64)
    truth = {"segments": np.zeros(shape, int), "categories": nothing, "crowd": nothing}
    empty = Panoptic(np.zeros(shape, np.int32), nothing, *(PICTURES[0][i][:0] for i in range(3)))
    with pytest.raises(InputError, match="no image has a segment"):
        summarise([measure(empty, truth, SPEC)], SPEC)


def test_resamples_are_summaries_of_repeated_records(records: list[Record]):
    weights = np.random.default_rng(0).integers(0, 3, (3, len(records)))
    together = summarise_resamples(records, weights, SPEC)
    for row, times in enumerate(weights):
        repeated = [r for r, n in zip(records, times, strict=True) for _ in range(n)]
        for name, value in summarise(repeated, SPEC).items():
            assert together[name][row] == pytest.approx(value, abs=1e-12)


def test_records_survive_the_store_and_have_intervals(records: list[Record]):
    kept = [unpack_record(pack_record(r)) for r in records]
    assert summarise(kept, SPEC) == summarise(records, SPEC)
    groups = [str(i) for i in range(len(kept))]
    found = metric_intervals(get_task("panoptic"), SPEC, kept, groups, seed=0, resamples=300)
    assert set(found) == set(summarise(records, SPEC))
    for name in ("pq", "pq_things", "ap", "class_ap"):
        assert found[name].low < found[name].value < found[name].high


def test_scores_average_to_the_quality(records: list[Record]):
    scores = score(records, sum_records(records))
    assert scores.mean() == pytest.approx(summarise(records, SPEC)["pq"])


def test_segments_are_shown_in_the_colours_of_their_classes():
    truth, palette = truth_of(PICTURES[3]), SPEC.part("semantic").coding.palette
    shown = encode(truth, SPEC, (75, 100))
    assert shown.shape == (75, 100, 3)
    colours = {tuple(c) for c in np.unique(shown.reshape(-1, 3), axis=0).tolist()}
    assert {palette[5], palette[6]} < colours <= {(0, 0, 0), *palette}
    found = Panoptic(np.array([[1, 1, 0]]), np.array([6]), *(PICTURES[0][i][:0] for i in range(3)))
    assert render(found, SPEC)[0].tolist() == [list(palette[6])] * 2 + [[0, 0, 0]]
    assert weight(truth, SPEC, (8, 9)).shape == (8, 9, 3)
