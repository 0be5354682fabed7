"""Holm's adjustment of p-values for several tests at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """The adjusted p-values in the order given (Holm 1979): comparing each with a level keeps the
    chance of any false discovery among all tests below that level, however they depend on each
    other. Raises ``ValueError`` for what is no probability.
    """
    values = np.asarray(p_values, np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p-values must be between 0 and 1 but got {list(p_values)}")
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1) if len(values) else steps
    return adjusted.tolist()
