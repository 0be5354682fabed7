from pathlib import Path

import numpy as np
import pytest

from painter_kit.tasks.colors import grid_palette
from painter_kit.tasks.semantic import (
    SemanticProtocol,
    decode,
    encode,
    measure,
    render,
    score,
    summarise,
    weight,
)
from painter_kit.types import Coding, Resize, Spec, sum_records

CODEC = np.load(Path(__file__).parent / "golden" / "semseg_codec.npz")


def spec(classes: int = 150, resize: Resize = "bilinear", **protocol) -> Spec[SemanticProtocol]:
    coding = Coding(grid_palette(classes, 6))
    return Spec(
        "semantic",
        "test",
        448,
        "miou",
        "max",
        "",
        coding,
        SemanticProtocol(**protocol),
        output_resize=resize,
    )


def test_recorded_painting():
    labels = (CODEC["ade_labelmap"].astype(int) - 1) % 256  # 0 = none, 1..150
    painted = encode({"labels": labels.astype(np.uint8)}, spec(), labels.shape)
    np.testing.assert_array_equal(painted, CODEC["ade_encoded"])
    known = weight({"labels": labels}, spec(), labels.shape)
    np.testing.assert_array_equal(known > 0, CODEC["ade_encoded"] > 0)


def test_recorded_decoding_of_a_painted_output():
    image = CODEC["near_ade_image"]
    labels = decode(image.astype(np.float32) / 255, spec(), image.shape[:2])
    np.testing.assert_array_equal(labels, CODEC["ade_near_abs"])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_round_trip_of_all_classes(dtype):
    labels = np.arange(150, dtype=dtype).reshape(10, 15)
    painted = encode({"labels": labels}, spec(), (10, 15)) / 255
    np.testing.assert_array_equal(decode(painted, spec(), (10, 15)), labels)


def test_bilinear_resizing_mixes_colours_and_nearest_does_not():
    labels = np.zeros((8, 8), np.uint8)
    labels[:, 4:] = 2  # between the colours of 0 and 2 lies that of 1
    painted = encode({"labels": labels}, spec(3), (8, 8)) / 255
    assert np.unique(decode(painted, spec(3), (8, 24))).tolist() == [0, 1, 2]
    assert np.unique(decode(painted, spec(3, "nearest"), (8, 24))).tolist() == [0, 2]


def test_black_is_a_class_unless_void_is_asked_for():
    black = np.zeros((1, 1, 3))
    assert decode(black, spec(), (1, 1))[0, 0] == 143
    assert decode(black, spec(void=True), (1, 1))[0, 0] == 255
    dark = np.full((1, 1, 3), 45 / 255)
    assert decode(dark, spec(void=True), (1, 1))[0, 0] != 255


def test_undecided_pixels_are_void_with_a_margin():
    first, second = np.array(grid_palette(2, 6)) / 255
    painted = np.stack([first, 0.4 * first + 0.6 * second, second])[None]
    assert decode(painted, spec(2), (1, 3))[0].tolist() == [0, 1, 1]
    assert decode(painted, spec(2, margin=20), (1, 3))[0].tolist() == [0, 255, 1]


def test_void_predictions_are_wrong_but_void_truth_does_not_count():
    truth = {"labels": np.array([[0, 0, 1, 255]], np.uint8)}
    record = measure(np.array([[0, 255, 1, 0]], np.uint8), truth, spec(2))
    assert record.values.tolist() == [1, 1, 1, 2, 1, 1, 1]
    metrics = summarise([record], spec(2))
    assert metrics == pytest.approx({"miou": 0.75, "macc": 0.75, "pacc": 2 / 3, "fwiou": 2 / 3})


def test_miou_is_not_averaged_over_images():
    first = measure(np.array([[0, 0]]), {"labels": np.array([[0, 0]])}, spec(2))
    second = measure(np.array([[0, 0]]), {"labels": np.array([[0, 1]])}, spec(2))
    alone = [summarise([r], spec(2))["miou"] for r in (first, second)]
    assert alone == [1.0, 0.25]
    assert summarise([first, second], spec(2))["miou"] == pytest.approx(0.375)
    both = score([first, second], sum_records([first, second]))
    assert both.mean() == pytest.approx(0.375)


def test_classes_without_truth_at_the_reference_do_not_move_the_score():
    truth = {"labels": np.array([[0, 1]])}
    reference = sum_records([measure(np.array([[0, 1]]), truth, spec(3))] * 4)
    record = measure(np.array([[0, 2]]), truth, spec(3))
    # Class 1 loses its only pixel here, one in four over the reference; class 2 is dropped.
    assert score([record], reference)[0] == pytest.approx(1 + (0 - 1) / 2)


def test_rendering_is_the_palette():
    shown = render(np.array([[0, 149, 255]], np.uint8), spec())
    assert shown[0].tolist() == [[255, 255, 255], [87, 255, 45], [0, 0, 0]]
