"""What becomes of the pairs of a pool before a search: which are left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from painter_kit.evaluation.likeness import Floats, Shown, pair_features
from painter_kit.evaluation.pool import flaw
from painter_kit.tasks.base import Task, make_pair
from painter_kit.tasks.classes import class_index, classes_of
from painter_kit.types import Pair, Spec
from prompt_search.cap import Cap, diverse_choice, random_choice
from prompt_search.duplicates import later_copies
from prompt_search.rules import PoolRules
from prompt_search.variants import Variants

COPY = "a copy of another pair"
NEAR_COPY = "a near-copy of another pair of its group"


def told(dropped: Mapping[str, int]) -> str:
    """How many pairs were left out and why, in words."""
    return ", ".join(f"{count} ({reason})" for reason, count in dropped.items())


@dataclass(frozen=True, eq=False)
class Found:
    """A pair that was looked at: its place, what it is compared by, and why it is left out."""

    place: int
    digest: str
    features: Floats | None  # of those that stay
    classes: dict[int, float]
    reason: str


def look(
    task: Task, spec: Spec[Any], variants: Variants, rules: PoolRules, shown: Shown | None
) -> Iterator[Found]:
    """Every pair and its edits, one pair of the pool after the other, each loaded once.

    Edits of a pair whose picture is (nearly) that of a query go with it.
    """
    wanted = class_index(spec, rules.pool_class) if rules.pool_class else None
    valid, near, pairs = rules.valid, rules.near_duplicate, len(variants.pool)
    for index, parent in enumerate(variants.pool):
        asked = ""
        for number, edit in enumerate(variants.edits):
            example = variants.make(parent, edit)
            pair = make_pair(task, spec, example)
            asked = asked or query_reason(pair, shown, near)
            classes = classes_of(task, example.truth)
            reason = flaw(task, spec, example, pair, valid) or asked
            if wanted is not None and classes.get(wanted, 0) < rules.class_share:
                reason = reason or f"too little of class {rules.pool_class}"
            features = None if reason else pair_features(pair)
            yield Found(index + number * pairs, pair.digest, features, classes, reason)


def query_reason(pair: Pair, shown: Shown | None, near: float) -> str:
    """Why a pair must not be a prompt of these queries; empty when it may."""
    like = shown.like(pair.image, near) if shown else ""
    return f"{like} of a query" if like else ""


class Sieve:
    """Candidates in order of place, and how many were left out, by reason."""

    def __init__(self, found: Iterator[Found]) -> None:
        self.dropped: Counter[str] = Counter()
        self.kept: list[Found] = []
        self._digests: set[str] = set()
        for one in sorted(found, key=lambda f: f.place):
            reason = COPY if one.digest in self._digests else one.reason
            self._digests.add(one.digest)
            if reason:
                self.dropped[reason] += 1
            else:
                self.kept.append(one)

    def reason_of(self, pair: Pair, shown: Shown | None, near: float) -> str:
        """Why a given prompt's pair cannot join; remembered, so that a second one cannot."""
        if pair.digest in self._digests:
            return COPY
        self._digests.add(pair.digest)
        return query_reason(pair, shown, near)

    def drop_near(self, groups: Sequence[str], near: float) -> None:
        """Leave out near-copies inside a group; ``groups`` are those of all places."""
        if not self.kept:
            return
        own = [groups[one.place] for one in self.kept]
        copies = later_copies(self._features(), own, near)
        if copies:
            self.dropped[NEAR_COPY] += len(copies)
            self._keep(np.setdiff1d(np.arange(len(own)), copies).tolist())

    def cap(self, ids: Sequence[str], rules: PoolRules, seed: int) -> Cap | None:
        """Keep as many as the rules permit; None when there were no more."""
        total, most = len(self.kept), rules.max_candidates
        if most is None or total <= most:
            return None
        if rules.cap == "random":
            chosen = random_choice([ids[one.place] for one in self.kept], most, seed)
        else:
            chosen = diverse_choice(self._features(), most)
        self._keep(chosen)
        return Cap(rules.cap, most, total)

    def _features(self) -> Floats:
        return np.stack([f for one in self.kept if (f := one.features) is not None])

    def _keep(self, places: Sequence[int]) -> None:
        self.kept = [self.kept[i] for i in places]
