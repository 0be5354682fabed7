"""From Records to figures: mean, spread, best of k, gains and contrasts, each with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.suites.measure import RANDOM
from benchmarks.suites.resample import resample
from painter_kit.evaluation.evaluate import orientation
from painter_kit.evaluation.gain import limits_of, mean_limits, resample_prompts
from painter_kit.evaluation.intervals import Bootstrap, Interval, finite_var, interval
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.panel import Panel, median_index, panel_stats
from painter_kit.tasks.base import Task
from painter_kit.types import Record, Spec

Floats = npt.NDArray[np.float64]
UNKNOWN = float("nan")


@dataclass(frozen=True)
class Questions:
    """Records by kind of prompt on common queries, with what resampling needs."""

    task: Task
    spec: Spec[Any]
    records: Mapping[str, Sequence[Sequence[Record]]]
    groups: Sequence[str]
    categories: Sequence[str]
    seed: int
    resamples: int

    def boot(self, keep: Sequence[int] | None = None) -> Bootstrap:
        """All prompts of all kinds, in order, on the queries at ``keep``."""
        kept = range(len(self.groups)) if keep is None else keep
        rows = [[row[j] for j in kept] for rows in self.records.values() for row in rows]
        return resample(
            self.task,
            self.spec,
            rows,
            [self.groups[j] for j in kept],
            [self.categories[j] for j in kept],
            self.seed,
            self.resamples,
        )

    def columns(self) -> dict[str, slice]:
        """Where the prompts of each kind stand among all."""
        found, start = {}, 0
        for kind, rows in self.records.items():
            found[kind] = slice(start, start + len(rows))
            start += len(rows)
        return found


@dataclass(frozen=True)
class Figures:
    """What was found of one part (or of all as one, or of some of its categories).

    ``kinds`` are means over the prompts of each kind with 95 % limits over queries and prompts;
    ``panel`` the spread of random prompts (None for a single one) and ``median`` the place of the
    one in the middle. ``best_of`` is what the best of k random prompts is worth, by k. ``over`` are
    gains, positive is better: of each control ``random - control`` (k-th against k-th), of other
    kinds ``kind - mean of random`` and, for ``learned``, over ``searched``.
    """

    spec: Spec[Any]
    queries: int
    groups: int
    prompts: Mapping[str, int]
    kinds: Mapping[str, Interval]
    panel: Panel | None
    median: int
    values: Sequence[float]
    best_of: Mapping[int, Interval]
    over: Mapping[str, Interval]
    more: Mapping[str, Interval]


def figures(asked: Questions, controls: Sequence[str], extra: Mapping[str, Questions]) -> Figures:
    """All figures of one set of queries; ``extra`` are further metrics by name, whose primary one
    is told of the random prompts."""
    boot, columns, metric = asked.boot(), asked.columns(), asked.spec.metric
    values, draws = boot.values[metric], boot.draws[metric]
    of = {kind: (values[at], draws[:, at]) for kind, at in columns.items()}
    random = of[RANDOM][0]
    kinds = {kind: mean_limits(*own, boot.groups, asked.seed) for kind, own in of.items()}
    sign = orientation(asked.spec)
    return Figures(
        spec=asked.spec,
        queries=len(asked.groups),
        groups=boot.groups,
        prompts={kind: len(rows) for kind, rows in asked.records.items()},
        kinds=kinds,
        panel=panel_stats(random) if len(random) > 1 else None,
        median=median_index(random),
        values=random.tolist(),
        best_of=best_of(asked) if len(random) > 1 else {},
        over=_over(boot, of, controls, sign, asked.seed),
        more=_other_metrics(asked, boot) | {n: _pooled(q) for n, q in extra.items()},
    )


def _over(
    boot: Bootstrap,
    of: Mapping[str, tuple[Floats, Floats]],
    controls: Sequence[str],
    sign: int,
    seed: int,
) -> dict[str, Interval]:
    values, draws = of[RANDOM]
    found = {}
    for kind, (own, own_draws) in of.items():
        if kind in controls:
            count = len(own)
            gaps, gap_draws = values[:count] - own, draws[:, :count] - own_draws
            found[kind] = mean_limits(sign * gaps, sign * gap_draws, boot.groups, seed)
        elif kind != RANDOM:
            found[kind] = _over_panel(boot, own, own_draws, values, draws, sign, seed)
    if {"searched", "learned"} <= {*of}:
        (one, one_draws), (two, two_draws) = of["learned"], of["searched"]
        found["learned over searched"] = mean_limits(
            sign * (one - two), sign * (one_draws - two_draws), boot.groups, seed
        )
    return found


def _over_panel(
    boot: Bootstrap,
    own: Floats,
    own_draws: Floats,
    values: Floats,
    draws: Floats,
    sign: int,
    seed: int,
) -> Interval:
    """One prompt against the mean of the random ones, as ``evaluation.gain.compare`` does."""
    mine = own_draws[:, 0]
    return limits_of(
        sign * float(own[0] - values.mean()),
        sign * (mine - resample_prompts(draws, seed)),
        sign * (mine - draws.mean(axis=1)),
        (boot.groups, draws.shape[1]),
    )


def _other_metrics(asked: Questions, boot: Bootstrap) -> dict[str, Interval]:
    """Every metric beside the primary one, of the random prompts."""
    at = asked.columns()[RANDOM]
    return {
        name: mean_limits(boot.values[name][at], boot.draws[name][:, at], boot.groups, asked.seed)
        for name in boot.values
        if name != asked.spec.metric
    }


def _pooled(asked: Questions) -> Interval:
    boot = asked.boot()
    values, draws = boot.values[asked.spec.metric], boot.draws[asked.spec.metric]
    return mean_limits(values, draws, boot.groups, asked.seed)


def best_of(asked: Questions) -> dict[int, Interval]:
    """What the best of k random prompts is worth, for k = 1, 2, 4, ... and all of them.

    It is chosen on one half of the groups and measured on the other, both ways, so that no query
    helps to choose the prompt that answers it; the mean is over all k-subsets of the prompts.
    Limits are over groups alone: the prompts are those that were drawn.
    """
    halves = _halves(asked.groups)
    if halves is None:
        return {}
    random = {RANDOM: asked.records[RANDOM]}
    alone = Questions(
        asked.task,
        asked.spec,
        random,
        asked.groups,
        asked.categories,
        asked.seed,
        min(asked.resamples, 2000),
    )
    boots = [alone.boot(half) for half in halves]
    sign, metric = orientation(asked.spec), asked.spec.metric
    count = len(asked.records[RANDOM])
    found = {}
    for k in sizes(count):
        weights = best_weights(count, k)
        value = np.mean([_chosen(a.values[metric][None], b.values[metric][None], weights, sign)
                         for a, b in (boots, boots[::-1])])  # fmt: skip
        drawn = np.mean(
            [_chosen(a.draws[metric], b.draws[metric], weights, sign)
             for a, b in (boots, boots[::-1])], axis=0
        )  # fmt: skip
        groups = sum(boot.groups for boot in boots)
        found[k] = interval(float(value), drawn, [(finite_var(drawn), groups)])
    return found


def sizes(count: int) -> list[int]:
    """1, 2, 4, ... and ``count``."""
    powers = [2**n for n in range(count.bit_length()) if 2**n < count]
    return [*powers, count]


def best_weights(count: int, k: int) -> Floats:
    """float64 (count,): how likely the i-th best of all is the best of k drawn ones."""
    return np.array([comb(count - 1 - i, k - 1) / comb(count, k) for i in range(count)])


def _chosen(chooses: Floats, measures: Floats, weights: Floats, sign: int) -> Floats:
    """float64 (R,): expected value of the prompt that the first half prefers on the second."""
    order = np.argsort(-sign * chooses, axis=1, kind="stable")
    return np.take_along_axis(measures, order, axis=1) @ weights


def _halves(groups: Sequence[str]) -> tuple[list[int], list[int]] | None:
    """Places of two halves that share no group; None where there are fewer than four groups."""
    names = sorted({*groups})
    if len(names) < 4:
        return None
    order = keyed_order(names, "halves")
    first = {names[i] for i in order[: len(names) // 2]}
    return (
        [j for j, group in enumerate(groups) if group in first],
        [j for j, group in enumerate(groups) if group not in first],
    )
