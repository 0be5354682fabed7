"""Upper confidence bounds of a mean over finitely many images, some of which have been seen.

The images are judged in random order, so what has been seen is a sample without replacement
and the uncertainty is gone when all have been seen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

GRID = 400
BOLDEST = 0.75  # of the bet that could lose everything


def student_upper(mean: Floats, sd: Floats, seen: int, images: int, alpha: float) -> Floats:
    """One-sided limits of level 1 - ``alpha`` from ``seen`` of ``images`` values.

    mean + t_{1 - alpha, seen - 1} sd / sqrt(seen) sqrt(1 - seen / images), ``sd`` with seen - 1
    degrees of freedom; infinite from a single value. Student's t is an approximation for values
    that are not normal, conservative where the long tail is below the mean.
    """
    if seen >= images:
        return mean
    if seen < 2:
        return np.full_like(mean, np.inf)
    reach = stats.t.ppf(1 - alpha, seen - 1) * np.sqrt((1 - seen / images) / seen)
    return mean + reach * sd


def betting_upper(values: Floats, images: int, low: float, high: float, alpha: float) -> float:
    """Anytime limit of level 1 - ``alpha`` for values known to lie in [``low``, ``high``].

    For every mean m a gambler bets, before each value is seen, that it is below what is left
    of m; were m the mean, wealth would be a martingale, so that m is refuted once wealth exceeds
    1 / alpha (Waudby-Smith and Ramdas 2020, without replacement, with their predictable plug-in
    bets). Holds for ``values`` (t,) in random order at all t at once, whatever the distribution.
    Returns a point of a grid of 400 over the range, rounded up.

    Raises ``ValueError`` for a value outside the range.
    """
    if len(values) and not (low <= values.min() and values.max() <= high):
        raise ValueError(f"values must lie between {low} and {high}")
    unit = (values - low) / (high - low)
    grid = np.arange(1, GRID + 1) / GRID
    before = np.cumsum(unit) - unit
    left = (images * grid[:, None] - before) / (images - np.arange(len(unit)))
    # left is the mean of the values to come if m is the mean of all; beyond the range, m is
    # impossible. No bet can lose everything: the worst value is 1.
    bets = np.minimum(_bets(unit, alpha), BOLDEST / np.maximum(1 - left, 1e-9))
    wealth = np.cumsum(np.log1p(bets * (left - unit)), axis=1)
    refuted = ((wealth > np.log(1 / alpha)) | (left > 1 + 1e-9)).any(1)
    top = grid[~refuted].max(initial=0.0)
    return low + min(1.0, float(top) + 1 / GRID) * (high - low)


def _bets(unit: Floats, alpha: float) -> Floats:
    """Predictable plug-in bets: bolder the less the values before have varied."""
    count = np.arange(1, len(unit) + 1)
    means = (0.5 + np.cumsum(unit)) / (count + 1)
    variances = (0.25 + np.cumsum((unit - means) ** 2)) / (count + 1)
    previous = np.concatenate([[0.25], variances])[:-1]
    return np.sqrt(2 * np.log(1 / alpha) / (previous * count * np.log1p(count)))
