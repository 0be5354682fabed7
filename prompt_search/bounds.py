"""Upper confidence bounds of a mean over finitely many images, some of which have been seen.

The images are judged in random order, so what has been seen is a sample without replacement
and the uncertainty is gone when all have been seen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


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
