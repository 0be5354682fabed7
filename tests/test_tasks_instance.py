from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.metrics.detection import THRESHOLDS
from painter_kit.metrics.precision import AREAS
from painter_kit.metrics.precision_score import LEVELS
from painter_kit.tasks.colors import LOCATION_CODING
from painter_kit.tasks.instance import (
    InstanceProtocol,
    Instances,
    decode,
    encode,
    measure,
    place_colour,
    render,
    score,
    summarise,
    summarise_resamples,
    weight,
)
from painter_kit.tasks.kinds import KINDS
from painter_kit.types import Record, Spec, sum_records
from tests.coco_oracle import NAMES, coco_metrics, draw_picture

CODEC = np.load(Path(__file__).parent / "golden" / "instance_codec.npz")
SIZE = (64, 64)


def spec(**protocol) -> Spec[InstanceProtocol]:
    return Spec(
        "instance",
        "test",
        560,
        "ap",
        "max",
        "",
        LOCATION_CODING,
        InstanceProtocol(**protocol),
        output_resize="nearest",
    )


def block(top: int, left: int, side: int = 16) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_recorded_painting():
    masks = np.unpackbits(CODEC["gt_masks"], axis=-1)[..., :96].astype(bool)
    painted = encode({"masks": masks}, spec(), (72, 96))
    np.testing.assert_array_equal(painted, CODEC["painted_mass_center"])


@pytest.mark.parametrize(
    ("x", "y", "colour"),
    [
        (0, 0, (255, 255, 255)),
        (20, 0, (240, 255, 255)),
        (0, 20, (195, 255, 255)),
        (78, 78, (30, 21, 21)),
    ],
)
def test_recorded_place_colours(x, y, colour):
    # On a canvas of 79 pixels the place is the pixel.
    assert tuple(place_colour(y, x, spec(), (79, 79))) == colour


@pytest.mark.parametrize(
    ("case", "stable"), [("decode1_thr19", 100), ("decode1_thr16", 100), ("decode2_thr19", 93)]
)
def test_recorded_decoding(case, stable):
    # ``stable``: how many leading instances do not depend on the order of equal candidates.
    image, threshold = case.split("_thr")
    picture = CODEC[f"{image}_image"]
    painted = picture.astype(np.float32) / np.float32(255)
    found = decode(painted, spec(distance_threshold=float(threshold)), picture.shape[:2])
    recorded = np.unpackbits(CODEC[f"{case}_masks_packed"], axis=-1)[..., : picture.shape[1]]
    assert len(found.masks) == 100
    scores = CODEC[f"{case}_scores"]
    np.testing.assert_allclose(found.scores[:stable], scores[:stable], atol=1e-5)
    np.testing.assert_allclose(found.scores, scores, atol=3e-4)
    np.testing.assert_array_equal(found.masks[:stable], recorded[:stable].astype(bool))


def test_recorded_black_pictures():
    black = np.zeros((20, 24, 3))
    background = decode(black, spec(), (20, 24))
    assert background.masks.sum() == 480
    assert background.scores.tolist() == [0]
    nothing = decode(black, spec(distance_threshold=5), (20, 24))
    assert nothing.masks.shape == (1, 20, 24)
    assert nothing.masks.sum() == 0
    assert nothing.scores.tolist() == [0]


def test_separate_instances_come_back_at_any_nearest_size():
    masks = np.stack([block(3, 4), block(40, 8), block(20, 44)])
    painted = encode({"masks": masks}, spec(), SIZE) / 255
    found = decode(painted, spec(), (96, 128))
    best = {mask.tobytes() for mask in found.masks[:3]}
    rows, columns = np.arange(96) * 64 // 96, np.arange(128) * 64 // 128
    assert best == {m[rows[:, None], columns].tobytes() for m in masks}
    assert found.scores[:3].tolist() == pytest.approx([1, 1, 1])


def test_crowds_are_not_painted_and_masks_are_resized_first():
    masks = np.stack([block(0, 0, 32), block(32, 32, 32)])
    truth = {"masks": masks, "crowd": np.array([False, True])}
    painted = encode(truth, spec(), SIZE)
    assert painted[40:, 40:].max() == 0
    small = encode(truth, spec(), (32, 32))
    assert small[0, 0].tolist() == place_colour(7.5, 7.5, spec(), (32, 32)).tolist()


def test_weight_is_all_or_nothing():
    truth = {"masks": block(0, 0, 10)[None]}
    assert weight(truth, spec(near_empty=300), SIZE).min() == 1
    assert weight(truth, spec(near_empty=301), SIZE).max() == 0
    assert weight({"masks": np.zeros((0, *SIZE), bool)}, spec(), SIZE).max() == 0


def test_metrics_by_hand():
    truth = {"masks": np.stack([block(0, 0), block(40, 40)])}
    half = block(0, 0)
    half[8:] = False  # IoU 0.5: right at the first threshold only
    record = measure(Instances(half[None], np.array([0.9], np.float32)), truth, spec())
    metrics = summarise([record], spec())
    recalled = 51 / 101  # recalls 0 to 0.5 of the 101 points
    assert metrics == pytest.approx(
        {
            "ap": recalled / 10,
            "ap50": recalled,
            "ap75": 0,
            "ar": 0.5 / 10,
            "mean_iou": 0.25,
        }
    )
    by_level = len(THRESHOLDS) * 2 * LEVELS
    assert len(record.values) == 2 + len(THRESHOLDS) + len(AREAS) + 2 * len(KINDS) + by_level


def pictures_of(scores: tuple[float, float], metric: str) -> Record:
    """A right detection and a false one, with these scores."""
    both = Instances(np.stack([block(0, 0), block(40, 40)]), np.array(scores, np.float32))
    return measure(both, {"masks": block(0, 0)[None]}, replace(spec(), metric=metric))


@pytest.mark.parametrize(("metric", "low", "high"), [("ap", 0.5, 1), ("ap50", 0.5, 1)])
def test_false_detections_before_true_ones_lower_the_score_as_they_lower_ap(metric, low, high):
    own = replace(spec(), metric=metric)
    after, before = (pictures_of(scores, metric) for scores in ((0.9, 0.5), (0.5, 0.9)))
    assert summarise([after], own)[metric] == pytest.approx(high)
    assert summarise([before], own)[metric] == pytest.approx(low)
    good, bad = score([after, before], sum_records([after, before]))
    assert good > bad


def test_where_recall_is_primary_false_detections_do_not_lower_the_score():
    records = [pictures_of(scores, "ar") for scores in ((0.9, 0.5), (0.5, 0.9))]
    assert score(records, sum_records(records)).tolist() == [1, 1]


def test_crowds_count_neither_way():
    truth = {
        "masks": np.stack([block(0, 0), block(40, 40)]),
        "crowd": np.array([False, True]),
    }
    found = Instances(truth["masks"][::-1], np.array([0.9, 0.5], np.float32))
    metrics = summarise([measure(found, truth, spec())], spec())
    assert metrics == pytest.approx(dict.fromkeys(("ap", "ap50", "ap75", "ar", "mean_iou"), 1.0))


def test_the_best_instance_is_shown_on_top_and_weak_ones_are_not():
    masks = np.stack([block(0, 0), block(8, 8), block(40, 40)])
    shown = render(Instances(masks, np.array([0.9, 0.8, 0.5], np.float32)), spec())
    assert shown[10, 10].tolist() == shown[1, 1].tolist()
    assert shown[20, 20].tolist() != shown[1, 1].tolist()
    assert shown[45, 45].tolist() == [0, 0, 0]


def test_every_ap_equals_cocos_also_by_area():
    pictures = [draw_picture(seed) for seed in range(24)]
    records = []
    for picture in pictures:
        truth = {"masks": picture.truth, "crowd": picture.crowd, "areas": picture.areas}
        found = Instances(picture.masks, picture.scores)
        records.append(measure(found, truth, spec()))
    metrics, expected = summarise(records, spec()), coco_metrics(pictures, by_class=False)
    for name in NAMES:
        assert metrics[name] == pytest.approx(expected[name], abs=1e-12)


def test_resamples_are_summaries_of_repeated_records():
    records = []
    for seed in range(6):
        picture = draw_picture(seed)
        truth = {"masks": picture.truth, "crowd": picture.crowd}
        records.append(measure(Instances(picture.masks, picture.scores), truth, spec()))
    times = np.array([[2, 0, 1, 0, 1, 2]])
    repeated = [r for r, n in zip(records, times[0], strict=True) for _ in range(n)]
    drawn = summarise_resamples(records, times, spec())
    expected = summarise(repeated, spec())
    assert {n for n, v in drawn.items() if np.isfinite(v[0])} == set(expected)
    for name, value in expected.items():
        assert drawn[name][0] == pytest.approx(value, abs=1e-12)
