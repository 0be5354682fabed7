import numpy as np
import pytest

from painter_kit.tasks.foreground import (
    ForegroundProtocol,
    decode,
    encode,
    measure,
    score,
    summarise,
    weight,
)
from painter_kit.types import Coding, Spec, sum_records

SPEC = Spec(
    "foreground",
    "test",
    64,
    "iou",
    "max",
    "",
    Coding(((10, 20, 30), (200, 150, 90))),
    ForegroundProtocol(),
)
MASK = np.array([[0, 1, 255]], np.uint8)


def test_painting_and_weight():
    painted = encode({"mask": MASK}, SPEC, (1, 3))
    assert painted[0].tolist() == [[10, 20, 30], [200, 150, 90], [0, 0, 0]]
    assert weight({"mask": MASK}, SPEC, (1, 3))[0].tolist() == [[1] * 3, [1] * 3, [0] * 3]


def test_the_prompts_coding_decides():
    painted = encode({"mask": MASK}, SPEC, (1, 3)) / 255
    assert decode(painted, SPEC, (1, 3))[0, :2].tolist() == [0, 1]
    swapped = SPEC.with_coding(Coding(SPEC.coding.palette[::-1]))
    assert decode(painted, swapped, (1, 3))[0, :2].tolist() == [1, 0]


def test_ties_are_background():
    spec = SPEC.with_coding(Coding(((0, 0, 0), (100, 0, 0))))
    painted = np.array([[[50, 0, 0], [51, 0, 0]]]) / 255
    assert decode(painted, spec, (1, 2))[0].tolist() == [0, 1]


def test_iou_of_summed_counts():
    truth = {"mask": np.array([[1, 1, 0, 0, 255]])}
    records = [
        measure(np.array([[1, 1, 0, 0, 1]]), truth, SPEC),
        measure(np.array([[1, 0, 1, 0, 0]]), truth, SPEC),
    ]
    metrics = summarise(records, SPEC)
    assert metrics["iou"] == pytest.approx(3 / 5)
    assert metrics["miou"] == pytest.approx((3 / 5 + 3 / 5) / 2)
    assert score(records, sum_records(records)).mean() == pytest.approx(3 / 5)


def test_nothing_to_find_and_nothing_found_is_perfect():
    truth = {"mask": np.zeros((2, 2), np.uint8)}
    clean = measure(np.zeros((2, 2), np.uint8), truth, SPEC)
    wrong = measure(np.ones((2, 2), np.uint8), truth, SPEC)
    assert summarise([clean], SPEC) == {"iou": 1.0, "miou": 1.0}
    assert summarise([wrong], SPEC) == {"iou": 0.0, "miou": 0.0}
