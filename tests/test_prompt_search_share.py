import pytest

from painter_kit.errors import InputError
from prompt_search.share import check_amount, in_unit


@pytest.mark.parametrize(
    ("value", "expected"), [(0.02, 0.02), ("0.02", 0.02), ("5%", 0.4), (" 0.5 % ", 0.04), (0, 0)]
)
def test_numbers_and_shares(value: float | str, expected: float):
    check_amount("it", value)
    assert in_unit(value, 8.0) == pytest.approx(expected)
    assert in_unit(value, -8.0) == pytest.approx(expected)


@pytest.mark.parametrize("value", ["", "%", "a lot", -1, "-1%", "nan", float("inf")])
def test_what_is_no_amount(value: float | str):
    with pytest.raises(InputError, match="least_gain must be a number in the metric's unit, or a"):
        check_amount("least_gain", value)
