"""Bytes on disk that are computed, against bytes that are there."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.evaluation.storage import ideal_record, picture_bytes, record_bytes, row_bytes
from painter_kit.evaluation.store import FILE, Store
from painter_kit.tasks.base import get_task
from painter_kit.types import Record
from tests.toys import BOTH, BOTH_SPEC, SPEC, TOY, Listed, make_example, registered

ROWS = 4000


def keyed(count: int) -> list[bytes]:
    return [hashlib.blake2b(str(i).encode(), digest_size=16).digest() for i in range(count)]


@pytest.mark.parametrize("length", [10, 60, 120, 130, 450])
def test_rows_are_as_large_as_in_a_real_store(tmp_path: Path, length: int):
    """Dense Records of one page's quarter, around the length where they spill, and beyond."""
    record = Record(np.arange(1.0, length + 1))
    keys = keyed(ROWS)
    with Store(tmp_path) as store:
        for start in range(0, ROWS, 200):
            store.put_many(dict.fromkeys(keys[start : start + 200], record))
    real = (tmp_path / FILE).stat().st_size / ROWS
    assert row_bytes(record) == pytest.approx(real, rel=0.2)


def test_the_ideal_model_makes_no_error():
    found = ideal_record(TOY, SPEC, make_example("e", 0))
    assert found.values[1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", ["depth", "semantic", "panoptic", "keypoint", "derain"])
def test_records_of_the_world(name: str):
    """What the task itself measures of its truth; panoptic Records carry detections."""
    data, task = open_dataset("world"), get_task(name)
    examples = data.examples(name, data.sources["select"])
    record = ideal_record(task, data.spec(name), examples[0])
    assert (record.payload is not None) == (name == "panoptic")
    found = record_bytes(task, data.spec(name), examples)
    assert 0.3 * row_bytes(record) < found < 3 * row_bytes(record)


def test_few_examples_are_read_all_over_the_set():
    examples = Listed([make_example(f"e{i}", 0) for i in range(30)])
    assert record_bytes(TOY, SPEC, examples) == row_bytes(Record(np.ones(3)))
    assert set(examples.loads) == {"e0", "e10", "e20"}
    assert record_bytes(TOY, SPEC, Listed([])) == 0


def test_parts_are_painted_one_by_one():
    with registered():
        record = ideal_record(BOTH, BOTH_SPEC, make_example("e", 0))
    assert record.values[1] == pytest.approx(0, abs=1e-6)


def test_pictures():
    assert picture_bytes(448, 2) == 448 * 448 * 3 * 2
