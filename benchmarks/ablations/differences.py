"""Is a variant better than the base? Judged seed by seed, with limits where there are several."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

from painter_kit.evaluation.intervals import Interval

LEVEL = 0.95


def difference(ours: Mapping[int, float], base: Mapping[int, float], direction: str) -> str:
    """Ours minus the base's in words, from seed -> value; ``direction`` (``max`` or ``min``) says
    which is better. '-' without a common seed; of one seed the plain difference, marked as such.
    """
    found = paired(ours, base)
    if found is None:
        return "-"
    if not np.isfinite(found.low):
        return f"{found.value:+.3f} (1 seed)"
    limits = f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
    if found.low <= 0 <= found.high:
        return f"{limits} not told apart"
    return f"{limits} {'better' if (found.value > 0) == (direction == 'max') else 'worse'}"


def paired(ours: Mapping[int, float], base: Mapping[int, float]) -> Interval | None:
    """Mean difference over the common seeds with 95 % limits of Student's t, which take the seeds'
    differences as normal; NaN limits of one seed. The same seed trains on the same samples in the
    same order."""
    seeds = sorted(ours.keys() & base.keys())
    if not seeds:
        return None
    found = np.array([ours[seed] - base[seed] for seed in seeds])
    mean, count = float(found.mean()), len(found)
    if count == 1:
        return Interval(mean, np.nan, np.nan)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * found.std(ddof=1) / np.sqrt(count))
    return Interval(mean, mean - reach, mean + reach)
