"""The numbers of the paper: their number, their ranges, and cells known by heart."""

import math

import pytest

from benchmarks.published import (
    COLUMNS,
    README,
    TABLE_1,
    TABLE_2,
    TABLE_3,
    TABLE_S1,
    TABLE_S2,
    Published,
)

ROWS = (*TABLE_1, *TABLE_2, *TABLE_3, README)
RANGES = {
    **{"RMSE": (0.2, 0.5), "A.Rel": (0.05, 0.15), "delta1": (0.8, 1), "mIoU": (40, 60)},
    **{"PQ": (40, 60), "AP": (60, 80), "PSNR": (20, 42), "SSIM": (0.8, 0.97)},
}


def cell(rows: tuple[Published, ...], name: str, task: str, label: str) -> float | None:
    (row,) = (r for r in rows if r.name == name)
    (place,) = (i for i, c in enumerate(COLUMNS) if (c.task, c.label) == (task, label))
    return row.cells[place]


def test_every_row_has_every_column_once():
    assert len(COLUMNS) == 12
    assert len({(c.task, c.data, c.metric) for c in COLUMNS}) == 12
    assert len({c.task for c in COLUMNS}) == 7
    assert {len(row.cells) for row in ROWS} == {12}
    assert (len(TABLE_1), len(TABLE_2), len(TABLE_3)) == (14, 2, 3)
    assert len({(row.table, row.name) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("place", "column"), list(enumerate(COLUMNS)), ids=lambda v: str(v)[:12])
def test_numbers_lie_where_such_numbers_lie(place: int, column):
    low, high = RANGES[column.label]
    values = [value for row in ROWS if (value := row.cells[place]) is not None]
    assert all(low <= value <= high for value in values)
    assert all(math.isclose(value, round(value, column.digits)) for value in values)


def test_how_many_numbers_each_table_has():
    known = [sum(value is not None for value in row.cells) for row in TABLE_1]
    assert known == [3, 3, 1, 2, 1, 1, 1, 2, 4, 4, 2, 1, 1, 12]
    assert all(None not in row.cells for row in (*TABLE_2, *TABLE_3, README))


@pytest.mark.parametrize(
    ("rows", "name", "task", "label", "value"),
    [
        (TABLE_1, "DenseDepth", "depth", "A.Rel", 0.123),
        (TABLE_1, "BinsFormer", "depth", "RMSE", 0.330),
        (TABLE_1, "Mask2Former", "semantic", "mIoU", 57.7),
        (TABLE_1, "Mask2Former", "panoptic", "PQ", 57.8),
        (TABLE_1, "DETR", "semantic", "mIoU", None),
        (TABLE_1, "HRFormer", "keypoint", "AP", 77.2),
        (TABLE_1, "MPRNet", "derain", "SSIM", 0.921),
        (TABLE_1, "MIRNet-v2", "derain", "PSNR", None),
        (TABLE_1, "MIRNet-v2", "enhance", "PSNR", 24.74),
        (TABLE_1, "UViM", "depth", "delta1", None),
        (TABLE_1, "UViM", "panoptic", "PQ", 45.8),
        (TABLE_1, "Pix2Seq v2", "keypoint", "AP", 64.8),
        (TABLE_2, "separate training", "keypoint", "AP", 72.5),
        (TABLE_3, "random prompts", "semantic", "mIoU", 49.3),
        (TABLE_3, "learned prompts", "depth", "RMSE", 0.286),
        ((README,), "released weights", "denoise", "PSNR", 38.66),
    ],
)
def test_known_cells(rows, name: str, task: str, label: str, value: float | None):
    assert cell(rows, name, task, label) == value


def test_painter_is_the_searched_row_everywhere():
    painter, joint, searched = TABLE_1[-1], TABLE_2[1], TABLE_3[1]
    assert painter.cells == joint.cells == searched.cells
    assert {painter.prompt, joint.prompt, searched.prompt} == {"searched"}
    # What the text claims: seven points above Pix2Seq v2.
    assert painter.cells[5] - 64.8 == pytest.approx(7.3)


def test_restoration_sets_add_up():
    def total(task: str) -> tuple[int, int]:
        held = [s for s in TABLE_S1 if s.task == task]
        return sum(s.train for s in held), sum(s.test for s in held)

    assert len(TABLE_S1) == 9
    assert total("derain") == (13_712, 4_300)
    assert total("enhance") == (485, 15)
    assert total("denoise") == (320, 40)
    tested = {s.renamed for s in TABLE_S1 if s.task == "derain" and s.test}
    assert tested == {"Test2800", "Test100", "Rain100H", "Rain100L", "Test1200"}


def test_every_ablation_holds_the_default_as_its_best():
    parts = {a.part for a in TABLE_S2}
    assert (len(TABLE_S2), len(parts)) == (9, 4)
    for part in parts:
        best = max((a for a in TABLE_S2 if a.part == part), key=lambda a: a.miou)
        assert (best.miou, best.macc) == (41.2, 53.0)
    (l2,) = (a for a in TABLE_S2 if a.setting == "l2")
    assert (l2.miou, l2.macc) == (26.3, 37.7)
