"""The labelled grid of the table."""

import numpy as np

from benchmarks.table3.picture import HEADS, table_picture


def test_rows_stand_below_each_other_with_labels():
    rows = [np.full((64, 7 * 64 + 6 * 4, 3), level, np.uint8) for level in (50, 150)]
    sheet = table_picture(["world-depth", "world-shifted-depth"], rows)
    assert sheet.shape[0] == 22 + 2 * 128 + 4
    assert (sheet[22:150, -100:] == 50).all()
    assert (sheet[154:282, -100:] == 150).all()
    assert (sheet[:22] < 128).any()  # heads
    assert (sheet[22:, : sheet.shape[1] - 2 * rows[0].shape[1]] < 128).any()  # labels
    assert len(HEADS) == 7
