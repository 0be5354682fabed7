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
    if reference[1] <= 0:
        return np.zeros(len(numerators))
    totals, bases = np.array(reference)[:, None]
    return mean_ratio_scores(numerators[:, None], denominators[:, None], (totals, bases), examples)


def mean_ratio_scores(
    numerators: npt.NDArray[np.float64],
    denominators: npt.NDArray[np.float64],
    reference: tuple[Vector, Vector],
    examples: float,
) -> Vector:
    """float64 (n,): ``ratio_scores`` of the mean of K ratios.

    Numerators and denominators are (n, K), ``reference`` holds both sums (K,), the second
    positive. Their mean over the reference's own examples is the mean of the ratios.
    """
    totals, bases = reference
    ratios = totals / bases
    change = (numerators - ratios * denominators) / (bases / examples)
    return ratios.mean() + change.mean(axis=1)


def means_over_examples(
    values: npt.NDArray[np.float64], names: Sequence[str]
) -> dict[str, npt.NDArray[np.float64]]:
    """Columns 1.. of (R, 1 + len(names)) sums over column 0, the count; NaN for a count of 0."""
    count = np.where(values[:, 0] > 0, values[:, 0], np.nan)
    return dict(zip(names, (values[:, 1:] / count[:, None]).T, strict=True))
