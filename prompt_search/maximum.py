"""What the best of many is expected to be worth."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import integrate, special


@lru_cache(maxsize=64)
def expected_maximum(count: int) -> float:
    """Expected largest of ``count`` independent standard normal numbers, by quadrature.

    3.24 for 1,000 and 3.68 for 5,000; sqrt(2 ln count) would be 3.72 and 4.13.
    """

    def below(z: float) -> float:
        return float(np.exp(count * special.log_ndtr(z)))

    def above(z: float) -> float:
        return float(-np.expm1(count * special.log_ndtr(z)))

    reach = 40.0  # nothing is left of either side there
    return integrate.quad(above, 0, reach)[0] - integrate.quad(below, -reach, 0)[0]
