"""Bootstrap intervals of dataset-level metrics, and the sign-flip test.

Images of one group (scene, source image) rise and fall together, so groups are resampled,
never images; a panel of prompts is resampled on its own (two-way bootstrap). Metrics that
are not means over images (mIoU, PQ, AP) are computed again from every resample's Records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from painter_kit.errors import InputError
from painter_kit.evaluation.order import generator
from painter_kit.tasks.base import Task
from painter_kit.types import Record, Spec

Floats = npt.NDArray[np.float64]

RESAMPLES = 10_000
RESAMPLES_OF_LISTS = 1_000  # for Records that do not add, such as detections
_CHUNK = 2_000_000  # numbers held at once while resampling


@dataclass(frozen=True)
class Interval:
    """A value and its limits (95 % unless told otherwise); NaN limits are unknown ones."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """``value, ci_low, ci_high``; what is not a finite number is None."""
        named = {"value": self.value, "ci_low": self.low, "ci_high": self.high}
        return {k: v if np.isfinite(v) else None for k, v in named.items()}


@dataclass(frozen=True)
class Bootstrap:
    """Metrics of P prompts on the same images.

    ``values[name]`` float64 (P,) on the images as they are; ``draws[name]`` float64 (R, P), row
    r on the r-th resample of the groups, the same for all prompts; ``groups``: how many groups
    there are. A metric that a resample does not define is NaN there.
    """

    values: dict[str, Floats]
    draws: dict[str, Floats]
    groups: int


def bootstrap(
    task: Task,
    spec: Spec[Any],
    records: Sequence[Sequence[Record]],
    groups: Sequence[str],
    seed: int,
    resamples: int = RESAMPLES,
) -> Bootstrap:
    """Resample groups with replacement and summarise every prompt's Records again.

    ``records[p][j]`` is prompt p on image j, which belongs to ``groups[j]``. Additive Records
    are summed per group and stratum once, so that a resample is a weighted sum; Records with a
    payload are drawn at most 1,000 times, in lists where the task cannot weight them. Raises
    ``ValueError`` when empty, and what ``task.summarise`` raises when the images hold no truth.
    """
    if not records or any(len(row) != len(groups) or not row for row in records):
        raise ValueError("every prompt needs one record per image, and there must be some")
    names, member = np.unique(groups, return_inverse=True)
    rng = generator(seed, "bootstrap")
    values = [task.summarise(row, spec) for row in records]
    if any(r.payload is not None for row in records for r in row):
        count = min(resamples, RESAMPLES_OF_LISTS)
        weights = group_weights(rng, len(names), count)[:, member]
        drawn = _summarise_lists(task, spec, records, weights, values[0])
    else:
        count = resamples
        chunks = _weighted_sums(records, member, rng, len(names), count)
        drawn = _summarise_sums(task, spec, chunks, values[0])
    return Bootstrap(
        _columns(values, values[0]),
        {m: column.reshape(count, len(records)) for m, column in drawn.items()},
        len(names),
    )


def _summarise_lists(
    task: Task,
    spec: Spec[Any],
    records: Sequence[Sequence[Record]],
    weights: npt.NDArray[np.int64],
    names: Iterable[str],
) -> dict[str, Floats]:
    """Metrics of every resample (R, images) and prompt (prompts fastest); at once where the task
    can, a bounded number of resamples at a time."""
    if task.summarise_resamples is None:
        lists = (_repeat(row, times) for times in weights for row in records)
        return _columns([_metrics(task, rows, spec) for rows in lists], names)
    step = max(1, _CHUNK // (10 * weights.shape[1]))
    chunks = [weights[start : start + step] for start in range(0, len(weights), step)]
    columns = [[task.summarise_resamples(row, w, spec) for w in chunks] for row in records]
    drawn = {m: [np.concatenate([part[m] for part in parts]) for parts in columns] for m in names}
    return {m: np.stack(rows, axis=1).ravel() for m, rows in drawn.items()}


def _columns(rows: Sequence[Mapping[str, float]], names: Iterable[str]) -> dict[str, Floats]:
    return {m: np.array([row.get(m, np.nan) for row in rows]) for m in names}


def _summarise_sums(
    task: Task, spec: Spec[Any], chunks: Iterable[Sums], names: Iterable[str]
) -> dict[str, Floats]:
    """Metrics of every resample and prompt (prompts fastest); at once where the task can."""
    parts: list[dict[str, Floats]] = []
    for sums in chunks:
        if task.summarise_many and len(sums.strata) == 1:
            rows = sums.values.reshape(-1, sums.values.shape[-1])
            parts.append(task.summarise_many(rows, spec))
        else:
            metrics = [_metrics(task, records, spec) for records in sums.records()]
            parts.append(_columns(metrics, names))
    return {m: np.concatenate([part[m] for part in parts]) for m in names}


def _metrics(task: Task, records: Sequence[Record], spec: Spec[Any]) -> Mapping[str, float]:
    """Metrics of a resample; none when it holds no truth at all."""
    try:
        return task.summarise(records, spec)
    except InputError:
        return {}


def group_weights(rng: np.random.Generator, groups: int, count: int) -> npt.NDArray[np.int64]:
    """int64 (count, groups): how often each group is drawn in each resample."""
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=count)


def _repeat(row: Sequence[Record], times: npt.NDArray[np.int64]) -> list[Record]:
    return [record for record, n in zip(row, times, strict=True) for _ in range(n)]


@dataclass(frozen=True)
class Sums:
    """Weighted sums of Records: ``values`` (R, P, strata, D); ``seen`` (R, strata) tells which
    strata a resample holds."""

    strata: Sequence[str]
    values: Floats
    seen: npt.NDArray[np.bool_]

    def records(self) -> Iterator[list[Record]]:
        """One summed Record per stratum, for every resample and prompt (prompts fastest)."""
        for rows, has in zip(self.values, self.seen, strict=True):
            kept = [(s, name) for s, name in enumerate(self.strata) if has[s]]
            for row in rows:
                yield [Record(row[s], name) for s, name in kept]


def _weighted_sums(
    records: Sequence[Sequence[Record]],
    member: npt.NDArray[np.intp],
    rng: np.random.Generator,
    groups: int,
    count: int,
) -> Iterator[Sums]:
    """Sums of every resample and prompt, a bounded number of resamples at a time."""
    strata = sorted({r.stratum for r in records[0]})
    prompts, length = len(records), len(records[0][0].values)
    totals = np.zeros((len(strata), groups, prompts, length))
    present = np.zeros((groups, len(strata)))
    for p, row in enumerate(records):
        for g, record in zip(member, row, strict=True):
            s = strata.index(record.stratum)
            totals[s, g, p] += record.values
            present[g, s] = 1
    step = max(1, _CHUNK // (prompts * length * len(strata)))
    for start in range(0, count, step):
        weights = group_weights(rng, groups, min(step, count - start)).astype(np.float64)
        drawn = np.matmul(weights, totals.reshape(len(strata), groups, -1)).swapaxes(0, 1)
        shape = (-1, len(strata), prompts, length)
        yield Sums(strata, drawn.reshape(shape).swapaxes(1, 2), weights @ present > 0)


def interval(
    value: float, draws: Floats, sources: Sequence[tuple[float, int]], level: float = 0.95
) -> Interval:
    """Expanded percentile interval of bootstrap draws (Hesterberg 2015, section 4.3).

    ``sources`` are (variance, number of units) of what was resampled, for example image groups
    and panel prompts. A bootstrap over n units is too narrow by about sqrt(1 - 1/n) and by the
    difference of Student's t and the normal; both are made up for by moving the percentiles
    outwards, with Welch-Satterthwaite degrees of freedom over the sources. With so few units
    that fewer than ten draws lie beyond a limit, it is value -+ that factor x sd of draws. From
    a single unit nothing can be said: the limits are NaN.
    """
    known = draws[np.isfinite(draws)]
    if any(n < 2 for _, n in sources) or len(known) < 2:
        return Interval(value, np.nan, np.nan)
    parts = [(variance * n / (n - 1), n) for variance, n in sources if variance > 0]
    if not parts:
        return Interval(value, value, value)
    total = sum(v for v, _ in parts)
    freedom = total**2 / sum(v**2 / (n - 1) for v, n in parts)
    stretch = np.sqrt(total / sum(v * (n - 1) / n for v, n in parts))
    reach = float(stats.t.ppf((1 + level) / 2, freedom) * stretch)
    tail = float(stats.norm.cdf(-reach))
    if tail * len(known) < 10:
        half = reach * float(known.std(ddof=1))
        return Interval(value, value - half, value + half)
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def metric_intervals(
    task: Task,
    spec: Spec[Any],
    records: Sequence[Record],
    groups: Sequence[str],
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Every published metric of one prompt's Records, with its interval over image groups."""
    boot = bootstrap(task, spec, [records], groups, seed, resamples)
    return {
        name: interval(float(values[0]), draws[:, 0], [(finite_var(draws[:, 0]), boot.groups)])
        for name, values, draws in (
            (name, boot.values[name], boot.draws[name]) for name in boot.values
        )
    }


def finite_var(draws: Floats) -> float:
    """Variance of the finite draws; 0 when there are fewer than two."""
    known = draws[np.isfinite(draws)]
    return float(known.var(ddof=1)) if len(known) > 1 else 0.0


def sign_flip(
    differences: Floats, groups: Sequence[str], seed: int, flips: int = RESAMPLES
) -> float:
    """Two-sided p-value of no difference: signs of whole groups' sums are flipped at random.

    ``differences`` float64 (n,), one per image. At least 1 / (flips + 1).
    """
    _, member = np.unique(groups, return_inverse=True)
    sums = np.bincount(member, weights=differences)
    signs = generator(seed, "sign flip").integers(0, 2, (flips, len(sums)), dtype=np.int8) * 2 - 1
    # A flip that reproduces the data must count as equal whatever the rounding.
    extreme = np.abs(signs @ sums) >= abs(sums.sum()) * (1 - 1e-12)
    return float((1 + np.count_nonzero(extreme)) / (1 + flips))
