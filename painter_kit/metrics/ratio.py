"""Means and ratios over examples, and what each example contributes to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


def ratio_scores(
    numerators: Vector,
    denominators: Vector,
    reference: tuple[float, float],
    examples: float,
) -> Vector:
    """float64 (n,): first-order contribution of each example to the ratio of the two sums.

    ``reference`` holds both sums over ``examples`` examples; with R their ratio, example i
    contributes R + (a_i - R b_i) / (mean of b at the reference). The mean over the reference's
    own examples is R, and an example with a = b = 0 is neutral. All zeros when the reference has
    nothing to divide by.
    """
    total, base = reference
    if base <= 0:
        return np.zeros(len(numerators))
    ratio = total / base
    return ratio + (numerators - ratio * denominators) / (base / examples)


def means_over_examples(
    values: npt.NDArray[np.float64], names: Sequence[str]
) -> dict[str, npt.NDArray[np.float64]]:
    """Columns 1.. of (R, 1 + len(names)) sums over column 0, the count; NaN for a count of 0."""
    count = np.where(values[:, 0] > 0, values[:, 0], np.nan)
    return dict(zip(names, (values[:, 1:] / count[:, None]).T, strict=True))
