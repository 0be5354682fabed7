import struct

import numpy as np
import pytest

from painter_kit.evaluation.packed import pack_record, unpack_record
from painter_kit.types import Record

SPARSE = np.zeros(450)
SPARSE[[3, 77]] = 1e-300, -5.25
RECORDS = {
    "dense": Record(np.array([1.0, 0.1, np.nan, np.inf])),
    "sparse": Record(SPARSE, "Rain100H"),
    "negative zero": Record(np.array([-0.0, 0, 0, 0, 0, 0])),
    "payload": Record(np.array([2.0]), "ü", b"\0detections"),
    "empty payload": Record(np.zeros(0), "", b""),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_records_come_back_bit_for_bit(record: Record):
    again = unpack_record(pack_record(record))
    assert again.values.tobytes() == record.values.tobytes()
    assert (again.stratum, again.payload) == (record.stratum, record.payload)


def test_mostly_zero_records_are_small():
    assert len(pack_record(RECORDS["sparse"])) < 60
    assert len(pack_record(Record(np.ones(450)))) < 450 * 8 + 20


def test_cut_records_are_noticed():
    for record in (RECORDS["dense"], RECORDS["sparse"]):
        with pytest.raises(ValueError):
            unpack_record(pack_record(record)[:-1])


@pytest.mark.parametrize("name", RECORDS)
def test_any_changed_bit_is_noticed(name: str):
    blob = pack_record(RECORDS[name])
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1 << place % 8
        try:
            again = unpack_record(bytes(changed))
        except (ValueError, struct.error, IndexError):
            continue
        # The flag that says that there is a check sum is the one bit that nothing checks.
        assert place == 0, again
        assert changed[0] & 4 == 0


def test_records_without_a_check_sum_are_still_read():
    for record in RECORDS.values():
        blob = pack_record(record)[:-4]
        former = bytes([blob[0] & ~4]) + blob[1:]
        again = unpack_record(former)
        assert again.values.tobytes() == record.values.tobytes()
        assert (again.stratum, again.payload) == (record.stratum, record.payload)
