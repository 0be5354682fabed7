import math

import pytest

from painter_kit.report.document import Limits, Number, Table, as_cell, words


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Number(0.123456), "0.1235"),
        (Number(0.5, signed=True), "+0.5"),
        (Number(12345), "12,345"),
        (Number(2), "2"),
        (Number(None), "-"),
        (Number(math.nan), "-"),
    ],
)
def test_numbers(number: Number, text: str):
    assert str(number) == text


def test_limits_are_shown_when_both_are_known():
    assert str(Limits(-0.1, 0.25, signed=True)) == "-0.1 to +0.25"
    assert str(Limits(None, 1.0)) == ""


def test_tables_know_their_columns_of_numbers():
    table = Table(("a", "b", "c"), [("x", "", "y"), ("x", Number(1), Limits(1, 2))])
    assert table.numeric == [False, True, True]
    assert Table(("a",), []).numeric == [False]
    with pytest.raises(ValueError, match="2 cells"):
        Table(("a", "b"), [("x",)])


def test_settings_are_shown_as_they_are_without_empty_ones():
    shown = words({"a": 0.001, "b": None, "c": "", "d": [1, 2], "e": False, "f": 0})
    assert list(shown.rows) == [("a", "0.001"), ("d", "1, 2"), ("e", "no"), ("f", "0")]


def test_cells_keep_numbers_as_numbers():
    assert as_cell(1.5) == Number(1.5)
    assert [as_cell(value) for value in (True, None, "x", (1, 2))] == ["yes", "", "x", "1, 2"]
