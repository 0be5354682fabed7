"""Amounts that users give in a metric's unit, or in percent of what random prompts reach."""

from __future__ import annotations

import math

from painter_kit.errors import InputError

PERCENT = "%"


def check_amount(name: str, value: float | str) -> None:
    """Raise ``InputError`` unless ``value`` is a number, or one with a percent sign, from 0."""
    if not 0 <= _number(value) < math.inf:
        raise InputError(
            f"{name} must be a number in the metric's unit, or a share of the panel's mean such as "
            f"0.5%, at least 0, but got {value!r}"
        )


def in_unit(value: float | str, mean: float) -> float:
    """The amount in the metric's unit, where random prompts reach ``mean``."""
    share = isinstance(value, str) and value.strip().endswith(PERCENT)
    return _number(value) / 100 * abs(mean) if share else _number(value)


def _number(value: float | str) -> float:
    """The number without its percent sign; NaN if it is none."""
    try:
        return float(value.strip().removesuffix(PERCENT) if isinstance(value, str) else value)
    except ValueError:
        return math.nan
