"""Finalists by all metrics of their task: which of them nobody beats in every respect.

The race chooses by the primary metric alone. Where another finalist is better by another metric,
whoever cares for that one may take it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from painter_kit.evaluation.evaluate import orientation
from painter_kit.types import Spec
from prompt_search.race import number

MOST = 16  # finalists of a race that are compared; exhaustive search has as many as candidates
# Metrics of which less is better, whatever the primary one is; of all others more is.
ERRORS = frozenset({"rmse", "abs_rel", "sq_rel", "rmse_log", "silog", "log10"})


def by_all_metrics(
    names: Sequence[str], metrics: Sequence[Mapping[str, float]], spec: Spec[Any]
) -> list[dict[str, Any]]:
    """For each of the first ``MOST`` finalists, whose ``metrics`` on select are given by name:
    ``id``, ``metrics`` (None what is not finite), and ``pareto``, whether no other of them is at
    least as good by every metric and better by one."""
    names, metrics = names[:MOST], metrics[:MOST]
    return [
        {"id": name, "metrics": {k: number(v) for k, v in values.items()}, "pareto": free}
        for name, values, free in zip(names, metrics, undominated(metrics, spec), strict=True)
    ]


def undominated(rows: Sequence[Mapping[str, float]], spec: Spec[Any]) -> list[bool]:
    """Whether each row is beaten by no other: one that is at least as good by all metrics that are
    finite in all rows, and better by one."""
    names = [n for n in rows[0] if all(np.isfinite(row.get(n, np.nan)) for row in rows)]
    signs = [orientation(spec) if n == spec.metric else 1 - 2 * (n in ERRORS) for n in names]
    values = np.array([[row[name] for name in names] for row in rows]) * signs
    as_good = np.all(values[:, None] >= values, axis=-1)
    better = np.any(values[:, None] > values, axis=-1)
    return [not bool(np.any(as_good[:, i] & better[:, i])) for i in range(len(rows))]
