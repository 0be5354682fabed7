"""The prompts that a search chooses from: pairs of the pool, filtered before anything is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from painter_kit.errors import InputError
from painter_kit.evaluation.likeness import Shown
from painter_kit.evaluation.loaded import Loaded, loaded
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.panel import draw_panel
from painter_kit.evaluation.pool import flaw, pool_prompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task, make_pair
from painter_kit.types import Coding, Example, Examples, Spec
from prompt_search.cap import Cap
from prompt_search.included import Included, as_candidates
from prompt_search.rules import PoolRules
from prompt_search.sieve import Sieve, look
from prompt_search.variants import Variants

FEWEST = 2


@dataclass(frozen=True)
class Candidates:
    """The usable pairs of a pool, in the pool's order, then the given prompts.

    ``indices`` are places in ``examples``, which holds the pairs, their mirror images and their
    crops; ``dropped`` counts what was left out, by reason. ``classes`` are the classes that the
    pair at a place shows, with their shares of its pixels; ``cap`` says that there were more.
    Prompts are made when asked for, so that a large pool need not fit into memory.
    """

    task: Task
    spec: Spec[Any]
    examples: Loaded
    indices: tuple[int, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    variants: Variants | None = None
    included: tuple[Included, ...] = ()
    classes: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    cap: Cap | None = None

    def __len__(self) -> int:
        return len(self.indices) + len(self.included)

    @property
    def ids(self) -> list[str]:
        """Names of the candidates, in order."""
        return [*(self.examples.ids[i] for i in self.indices), *(i.name for i in self.included)]

    @property
    def groups(self) -> list[str]:
        """Groups of the candidates, in order."""
        own = (self.examples.groups[i] for i in self.indices)
        return [*own, *(i.group for i in self.included)]

    @property
    def order(self) -> list[int]:
        """As a strategy sees them, so that its first ones are a fair sample of all.

        The pool's own order is random already; edits and given prompts, which stand behind it, are
        mixed in.
        """
        if not (self.edited or self.included):
            return list(range(len(self)))
        return keyed_order(self.ids, "race", self.variants.seed if self.variants else 0)

    @property
    def edited(self) -> int:
        """How many are crops or mirror images of pairs of the pool."""
        return sum(i >= self._pairs for i in self.indices)

    @property
    def _pairs(self) -> int:
        return len(self.variants.pool) if self.variants else len(self.examples)

    def is_given(self, index: int) -> bool:
        """Whether candidate ``index`` is a given prompt, of which no example is known."""
        return index >= len(self.indices)

    def example(self, index: int) -> Example:
        """The example that candidate ``index``, which was not given, is made of."""
        return self.examples[self.indices[index]]

    def only(self, chosen: Sequence[int]) -> Candidates:
        """These candidates alone, in this order but for given ones, which come last."""
        own = tuple(self.indices[i] for i in chosen if not self.is_given(i))
        given = (self.included[i - len(self.indices)] for i in chosen if self.is_given(i))
        return replace(self, indices=own, included=tuple(given))

    def prompt(self, index: int) -> Prompt:
        """Candidate ``index`` as a prompt of kind ``random``, or of its own if it was given."""
        if self.is_given(index):
            return self.included[index - len(self.indices)].prompt
        return self._painted(self.indices[index], self.examples[self.indices[index]])

    def recoded(self, index: int, coding: Coding) -> Prompt | None:
        """Candidate ``index`` painted in other colours; None where no truth is known (given
        prompts), or the pair would be none."""
        if self.is_given(index):
            return None
        place = self.indices[index]
        example = replace(self.examples[place], coding=coding)
        made = self._painted(place, example, recoded=True)
        return None if flaw(self.task, self.spec, example, made.pair) else made

    def _painted(self, place: int, example: Example, **more: Any) -> Prompt:
        pair = make_pair(self.task, self.spec, example)
        done = self.variants.about(place) if self.variants else {}
        return pool_prompt(self.task, self.spec, example, pair, {**done, **more})

    def prompts(self, indices: Sequence[int]) -> list[Prompt]:
        """Several candidates as prompts."""
        return [self.prompt(i) for i in indices]

    def draw(self, size: int, seed: int) -> list[int]:
        """Places of ``size`` random ones for a panel: pairs as they are in the pool.

        Crops and mirror images only fill up where there are fewer pairs; given prompts, which
        somebody has chosen, are never drawn.
        """
        ids = self.ids[: len(self.indices)]
        plain = len(ids) - self.edited  # the places of edits come last
        drawn = draw_panel(ids[:plain], size, seed)
        more = draw_panel(ids[plain:], size - len(drawn), seed)
        return drawn + [plain + i for i in more]

    def of_class(self, number: int, least: float) -> Candidates:
        """Those of the pool that show a class on at least the share ``least`` of their pixels.

        There may be none. Given prompts, whose classes are not known, are left out.
        """
        kept = (i for i in self.indices if self.classes.get(i, {}).get(number, 0) >= least)
        return replace(self, indices=tuple(kept), included=())


def make_candidates(
    task: Task,
    spec: Spec[Any],
    pool: Examples,
    rules: PoolRules | None = None,
    shown: Shown | None = None,
    seed: int = 0,
    included: Sequence[Prompt] = (),
) -> Candidates:
    """Every pair of ``pool`` that can tell the task, and what ``rules`` make of it.

    Left out are pairs that ``rules`` do not take, second copies, near-copies in a group, and pairs
    whose picture is (nearly) one of ``shown``, the queries. ``seed`` draws crops and a random cap.
    ``included`` join as they are, unless they are copies. Nothing is judged and no model is asked.

    Raises ``InputError`` when fewer than two pairs remain, and for given prompts of another task
    or spec.
    """
    rules, source = rules or PoolRules(), loaded(pool)
    variants = Variants(source, spec, rules.crops, rules.flips, seed)
    edits = variants.edits[1:]
    examples = Loaded(variants, keep_bytes=0) if edits else source
    given = as_candidates(included, task, spec, edits, seed)
    sieve = Sieve(look(task, spec, variants, rules, shown))
    sieve.drop_near(variants.groups, rules.near_duplicate)
    cap = sieve.cap(examples.ids, rules, seed)
    dropped = Counter(sieve.dropped)
    if len(sieve.kept) < FEWEST:
        why = "".join(f", {count} left out ({reason})" for reason, count in dropped.items())
        raise InputError(
            f"--data {spec.data}: a search needs {FEWEST} usable pairs but the pool of "
            f"{len(source)} has {len(sieve.kept)}{why}; raise --pool or add pairs with ground truth"
        )
    kept = []
    for one in given:
        reason = sieve.reason_of(one.prompt.pair, shown, rules.near_duplicate)
        dropped.update([reason] * bool(reason))
        kept += [one] * (not reason)
    places = tuple(found.place for found in sieve.kept)
    classes = {found.place: found.classes for found in sieve.kept if found.classes}
    return Candidates(
        task, spec, examples, places, dict(dropped), variants, tuple(kept), classes, cap
    )
