"""Metrics of many prompts on common queries, with resamples: whole parts and parts by class.

Of parts by class the metric of each category is that of its own queries, and the figure is the mean
over categories (of PASCAL-5i, COCO-20i and FSS-1000: mIoU, with each category's intersections and
unions added up over its episodes). Groups of pictures are drawn for all categories and prompts
together; categories are fixed, as they are in published figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from painter_kit.evaluation.intervals import Bootstrap, bootstrap
from painter_kit.evaluation.order import generator
from painter_kit.tasks.base import Task
from painter_kit.types import Record, Spec

Floats = npt.NDArray[np.float64]
_CHUNK = 4_000_000  # weights held at once


def resample(
    task: Task,
    spec: Spec[Any],
    records: Sequence[Sequence[Record]],
    groups: Sequence[str],
    categories: Sequence[str],
    seed: int,
    resamples: int,
) -> Bootstrap:
    """``records[p][j]`` of prompt p on query j -> metrics as they are and on resampled groups.

    With one category this is ``intervals.bootstrap``, else every metric is a mean over categories,
    of those that a resample holds. Raises ``ValueError`` when a task cannot be resampled at once.
    """
    names = sorted({*categories})
    if len(names) == 1:
        return bootstrap(task, spec, records, groups, seed, resamples)
    values = [_per_category(task, spec, row, categories, names) for row in records]
    keys = list(values[0])
    distinct, member = np.unique(groups, return_inverse=True)
    places = [np.flatnonzero(np.asarray(categories) == name) for name in names]
    drawn = {
        key: np.concatenate(parts)
        for key, parts in _gather(
            keys, _chunks(task, spec, records, member, places, len(distinct), seed, resamples)
        ).items()
    }
    means = {k: np.array([np.nanmean(v[k]) for v in values], np.float64) for k in keys}
    return Bootstrap(means, drawn, len(distinct))


def per_category(
    task: Task, spec: Spec[Any], records: Sequence[Record], categories: Sequence[str]
) -> dict[str, float]:
    """The primary metric of every category on its own queries."""
    names = sorted({*categories})
    found = _per_category(task, spec, records, categories, names)
    return dict(zip(names, found[spec.metric].tolist(), strict=True))


def _per_category(
    task: Task,
    spec: Spec[Any],
    records: Sequence[Record],
    categories: Sequence[str],
    names: Sequence[str],
) -> dict[str, Floats]:
    rows: dict[str, list[Record]] = {name: [] for name in names}
    for record, category in zip(records, categories, strict=True):
        rows[category].append(record)
    found = [task.summarise(rows[name], spec) for name in names]
    return {key: np.array([one.get(key, np.nan) for one in found]) for key in found[0]}


def _gather(keys: Sequence[str], chunks: Iterator[dict[str, Floats]]) -> dict[str, list[Floats]]:
    parts: dict[str, list[Floats]] = {key: [] for key in keys}
    for chunk in chunks:
        for key in keys:
            parts[key].append(chunk[key])
    return parts


def _chunks(
    task: Task,
    spec: Spec[Any],
    records: Sequence[Sequence[Record]],
    member: npt.NDArray[np.intp],
    places: Sequence[npt.NDArray[np.intp]],
    groups: int,
    seed: int,
    resamples: int,
) -> Iterator[dict[str, Floats]]:
    """Means over categories, (r, P) by metric, a bounded number of resamples at a time."""
    rng = generator(seed, "bootstrap")
    step = max(1, _CHUNK // max(groups, len(records) * 10))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=count)
        found = [_category(task, spec, records, weights[:, member[own]], own) for own in places]
        yield {key: _mean([one[key] for one in found]) for key in found[0]}


def _category(
    task: Task,
    spec: Spec[Any],
    records: Sequence[Sequence[Record]],
    weights: npt.NDArray[np.int64],
    places: npt.NDArray[np.intp],
) -> dict[str, Floats]:
    """Metrics (r, P) of one category, NaN where a resample holds none of its queries."""
    rows = [[row[j] for j in places] for row in records]
    if rows[0][0].payload is not None and task.summarise_resamples:
        found = [task.summarise_resamples(row, weights, spec) for row in rows]
        metrics = {key: np.stack([one[key] for one in found], axis=1) for key in found[0]}
    elif task.summarise_many:
        values = np.stack([[r.values for r in row] for row in rows], axis=1)  # (n, P, D)
        sums = np.tensordot(weights.astype(np.float64), values, axes=1)
        flat = task.summarise_many(sums.reshape(-1, sums.shape[-1]), spec)
        metrics = {key: column.reshape(sums.shape[:2]) for key, column in flat.items()}
    else:
        raise ValueError(f"task {task.name} cannot be resampled by class")
    empty = weights.sum(axis=1) == 0
    return {key: np.where(empty[:, None], np.nan, column) for key, column in metrics.items()}


def _mean(columns: Sequence[Floats]) -> Floats:
    """Mean over categories of (r, P), without those that are not a number."""
    stacked = np.stack(columns)
    known = np.isfinite(stacked)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(0))
