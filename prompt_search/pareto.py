"""Finalists by all metrics of their task: which of them nobody beats in every respect.

The race chooses by the primary metric alone. Where another finalist is better by another metric,
whoever cares for that one may take it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from painter_kit.evaluation.evaluate import orientation
from painter_kit.evaluation.judge import Judge
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Examples, Spec

MOST = 16  # finalists of a race that are compared; exhaustive search has as many as candidates
# Metrics of which less is better, whatever the primary one is; of all others more is.
ERRORS = frozenset({"rmse", "abs_rel", "sq_rel", "rmse_log", "silog", "log10"})


def by_all_metrics(
    judge: Judge, select: Examples, finalists: Mapping[str, Prompt]
) -> list[dict[str, Any]]:
    """For each finalist, which was judged on all of ``select``: ``id``, ``metrics`` there by name
    (None what is not finite), and ``pareto``, whether no other finalist is at least as good by
    every metric and better by one. Counts as no request."""
    rows = []
    for name, prompt in finalists.items():
        values = judge.task.summarise(judge.recall(prompt, select), judge.spec)
        rows.append({"id": name, "metrics": values})
    free = undominated([row["metrics"] for row in rows], judge.spec)
    return [
        {**row, "metrics": {k: _known(v) for k, v in row["metrics"].items()}, "pareto": own}
        for row, own in zip(rows, free, strict=True)
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


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
