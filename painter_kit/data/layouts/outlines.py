"""Where one region of a picture ends and another begins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def outlines(ids: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """bool (H, W): pixels whose right or lower neighbour has another id, and that neighbour."""
    edge = np.zeros(ids.shape, bool)
    down, right = ids[1:] != ids[:-1], ids[:, 1:] != ids[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return edge
