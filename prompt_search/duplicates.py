"""Near-copies among candidates, and candidates that show what is painted as a query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from painter_kit.evaluation.likeness import Floats


def later_copies(features: Floats, groups: Sequence[str], near: float) -> list[int]:
    """Places of candidates with an earlier one of their group at a cosine above ``near``.

    ``features`` float32 (N, D) have unit length at most. Those that are dropped themselves do not
    drop others, so that every one that goes has a near-copy that stays.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    dropped = []
    for own in (m for m in members.values() if len(m) > 1 and near < 1):
        kept: list[int] = []
        for index in own:
            if kept and float(np.max(features[kept] @ features[index])) > near:
                dropped.append(index)
            else:
                kept.append(index)
    return sorted(dropped)
