"""Two runs of the same suites, paired: the same queries under the same prompts' supports.

For random prompts the k-th of one run stands against the k-th of the other, made of the same
supports; searched, learned and released ones against each other. What differs is the model, how
several supports paint together, or how a prompt was come by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.suites.measure import RANDOM, ByPrompt
from benchmarks.suites.recalled import Recalled, benchmark_runs, recall_run
from benchmarks.suites.resample import Floats, resample
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import orientation, scores
from painter_kit.evaluation.gain import Comparison, Gain, mean_limits
from painter_kit.evaluation.holm import holm
from painter_kit.evaluation.intervals import RESAMPLES, sign_flip
from painter_kit.report.compared import Pairing, spec_changes
from painter_kit.report.runs import RunFolder, as_written
from painter_kit.report.source import Access
from painter_kit.tasks.base import Task
from painter_kit.types import Record, sum_records


@dataclass(frozen=True)
class Match:
    """One kind of prompts of one part, as two runs measured it on common queries."""

    base: Recalled
    ours: Recalled
    kind: str
    keep: Sequence[int]


def compare_benchmarks(
    paths: Sequence[Path], access: Access, seed: int = 0, resamples: int = RESAMPLES
) -> list[Pairing]:
    """Every run after the first against the first, in every suite, part and kind of prompt.

    Each path is a run or a folder of runs, one for each suite. Groups of pictures are resampled for
    both runs together, and the pairs of random prompts; p-values flip the signs of groups'
    differences and are adjusted over all comparisons (Holm). Raises ``InputError`` when there is no
    suite or part in common, when runs asked other episodes or by another protocol, and as
    ``recall_run`` does.
    """
    first, *others = [_by_suite(path) for path in paths]
    matches = [
        match
        for path, other in zip(paths[1:], others, strict=True)
        for suite in _common(paths[0], first, path, other)
        for match in _matches(recall_run(first[suite], access), recall_run(other[suite], access))
    ]
    found = [_compare(match, seed, resamples) for match in matches]
    adjusted = holm([pairing.comparison.gain.p_value for pairing in found])
    return [replace(one, p_holm=p) for one, p in zip(found, adjusted, strict=True)]


def _by_suite(path: Path) -> dict[str, RunFolder]:
    found: dict[str, RunFolder] = {}
    for run in benchmark_runs(path):
        with as_written(run):
            suite = str(run.result["suite"])
        if suite in found:
            raise InputError(
                f"{path} holds two runs of suite {suite}, {found[suite].path.name} and "
                f"{run.path.name}; name the one that is meant"
            )
        found[suite] = run
    if not found:
        raise InputError(
            f"run {path}: holds no run of benchmark; compare runs of benchmark with each other"
        )
    return found


def _common(
    base: Path, first: dict[str, RunFolder], path: Path, other: dict[str, RunFolder]
) -> list[str]:
    both = [suite for suite in first if suite in other]
    if not both:
        raise InputError(
            f"{base} ({', '.join(first)}) and {path} ({', '.join(other)}) have no suite in common; "
            "compare runs of one suite"
        )
    return both


def _matches(base: Sequence[Recalled], ours: Sequence[Recalled]) -> Iterator[Match]:
    """All kinds of prompts that both runs have of the parts that both have."""
    of = {one.what: one for one in ours}
    both = [(one, of[one.what]) for one in base if one.what in of]
    if not both:
        raise InputError(
            f"{base[0].run} ({'; '.join(one.what for one in base)}) and {ours[0].run} "
            f"({'; '.join(of)}) have no part in common"
        )
    for one, other in both:
        _check_alike(one, other)
        for kind in one.records:
            if kind in other.records:
                every = range(len(one.groups))
                held = [j for j in every if kind == RANDOM or (one.held[j] and other.held[j])]
                if held:
                    yield Match(one, other, kind, held)


def _check_alike(one: Recalled, other: Recalled) -> None:
    names = f"{one.run} and {other.run}, {one.what},"
    if one.protocol != other.protocol:
        raise InputError(f"{names} follow the protocols {one.protocol} and {other.protocol}")
    a, b = one.planned, other.planned
    if changes := spec_changes(a.opened.spec, b.opened.spec):
        said = "; ".join(f"{name}: {x} and {y}" for name, (x, y) in changes.items())
        raise InputError(f"{names} have different protocols ({said}); measure both by one")
    if a.episodes.digest == b.episodes.digest:
        return
    counts = [(e.draws, len(e.of_draw(0))) for e in (a.episodes, b.episodes)]
    if counts[0] != counts[1]:
        said = " and ".join(f"{d} prompts on {n} queries" for d, n in counts)
    else:
        mine, theirs = ([(r.query, r.supports) for r in e.rows] for e in (a.episodes, b.episodes))
        place = next(i for i, (x, y) in enumerate(zip(mine, theirs, strict=True)) if x != y)
        said = f"the first that differs is {_words(*mine[place])} and {_words(*theirs[place])}"
    raise InputError(
        f"{names} asked different episodes: {said}; run both with the same --prompts random:K, "
        "--count, --shots and --seed"
    )


def _words(query: str, supports: Sequence[str]) -> str:
    return f"{query} under {', '.join(supports)}"


def _compare(match: Match, seed: int, resamples: int) -> Pairing:
    opened, keep = match.ours.planned.opened, match.keep
    ours, base = (_cut(one.records[match.kind], keep) for one in (match.ours, match.base))
    groups = [match.ours.groups[j] for j in keep]
    categories = [match.ours.categories[j] for j in keep]
    boot = resample(opened.task, opened.spec, [*ours, *base], groups, categories, seed, resamples)
    values, draws = boot.values[opened.spec.metric], boot.draws[opened.spec.metric]
    (mine, theirs), count = np.split(values, 2), len(ours)
    mine_draws, their_draws = draws[:, :count], draws[:, count:]
    sign = orientation(opened.spec)
    gap = mean_limits(sign * (mine - theirs), sign * (mine_draws - their_draws), boot.groups, seed)
    p_value = sign_flip(_differences(opened.task, ours, base, categories), groups, seed)
    gain = Gain(
        gap.value,
        gap.low,
        gap.high,
        p_value,
        bool(gap.low > 0),
        metric=opened.spec.metric,
        unit=opened.spec.unit,
    )
    comparison = Comparison(
        gain,
        mean_limits(mine, mine_draws, boot.groups, seed),
        mean_limits(theirs, their_draws, boot.groups, seed),
    )
    return Pairing(
        str(match.base.run),
        str(match.ours.run),
        opened.spec,
        f"{match.ours.suite.name}/{opened.part.name}",
        len(keep),
        boot.groups,
        comparison,
        p_value,
        match.kind,
        match.ours.planned.shots,
    )


def _cut(rows: ByPrompt, keep: Sequence[int]) -> list[list[Record]]:
    return [[row[j] for j in keep] for row in rows]


def _differences(task: Task, ours: ByPrompt, base: ByPrompt, categories: Sequence[str]) -> Floats:
    """float64 (n,): every query's share in the difference of the metric, a mean over categories."""
    found = np.zeros(len(categories))
    names = sorted({*categories})
    for name in names:
        at = [j for j, own in enumerate(categories) if own == name]
        mine, theirs = _cut(ours, at), _cut(base, at)
        reference = sum_records([record for row in (*mine, *theirs) for record in row])
        gaps = [
            scores(task, a, reference) - scores(task, b, reference)
            for a, b in zip(mine, theirs, strict=True)
        ]
        found[at] = np.mean(gaps, axis=0) * len(categories) / (len(names) * len(at))
    return found
