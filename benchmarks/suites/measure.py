"""Records of every prompt of a part on its episodes, through the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.suites.cells import OpenPart
from benchmarks.suites.controls import control_prompts
from benchmarks.suites.episodes import Episodes
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.loaded import loaded
from painter_kit.inference.ensemble import How, WholePrompt, together_forwards
from painter_kit.types import Record, Subset

RANDOM = "random"
# One prompt for every category ("" where there is but one).
ByCategory = Mapping[str, WholePrompt]
ByPrompt = Sequence[Sequence[Record]]


@dataclass(frozen=True)
class Asked:
    """What was asked of a part, and the Records by kind of prompt.

    ``records[kind][k][j]`` is of the k-th prompt of its kind on the j-th query; ``queries``,
    ``groups`` and ``categories`` are those of the queries. ``held`` tells which queries no searched
    or learned prompt can have been chosen on. ``shown`` are prompts of every kind for people.
    """

    opened: OpenPart
    shots: int
    episodes: Episodes
    queries: Sequence[str]
    groups: Sequence[str]
    categories: Sequence[str]
    held: Sequence[bool]
    records: Mapping[str, ByPrompt]
    shown: Mapping[str, ByCategory]

    def only(self, keep: Sequence[bool]) -> Asked:
        """The same about some of the queries."""

        def cut(values: Sequence[object]) -> list[object]:
            return [value for value, kept in zip(values, keep, strict=True) if kept]

        records = {kind: [cut(row) for row in rows] for kind, rows in self.records.items()}
        return replace(
            self,
            queries=cut(self.queries),  # pyright: ignore[reportArgumentType]
            groups=cut(self.groups),
            categories=cut(self.categories),
            held=cut(self.held),
            records=records,
        )


class Asking:
    """Asks a judge about the queries of one part; ``how`` several supports paint together."""

    def __init__(self, opened: OpenPart, episodes: Episodes, judge: Judge, how: How) -> None:
        self.opened, self.episodes, self.judge = opened, episodes, judge
        self.how: How = how
        self.first = episodes.of_draw(0)
        self._queries = loaded(opened.queries)
        self._places = {name: place for place, name in enumerate(opened.asked.ids)}
        self._prompts: dict[tuple[str, ...], WholePrompt] = {}

    def random(self) -> list[list[Record]]:
        """Records of every draw; each prompt is asked once about all queries that need it."""
        wanted: dict[tuple[str, ...], dict[str, None]] = {}
        for row in self.episodes.rows:
            wanted.setdefault(row.supports, {})[row.query] = None
        found: dict[tuple[tuple[str, ...], str], Record] = {}
        for supports, names in wanted.items():
            records = self._records(self.prompt(supports), list(names))
            found |= {(supports, n): r for n, r in zip(names, records, strict=True)}
        return [
            [found[row.supports, row.query] for row in self.episodes.of_draw(draw)]
            for draw in range(self.episodes.draws)
        ]

    def fixed(self, prompts: ByCategory) -> list[Record]:
        """Records of one prompt per category on the queries, in their order."""
        found: dict[tuple[str, str], Record] = {}
        for category, prompt in prompts.items():
            found |= self._answers(category, prompt)
        return [found[row.category, row.query] for row in self.first]

    def controls(self, draws: int) -> tuple[dict[str, ByPrompt], dict[str, ByCategory]]:
        """Records of every control beside the first ``draws`` random prompts, by control; and its
        prompt for the first category of the first draw, to be shown."""
        supports = {c: _draws(self.episodes, c) for c in self.categories}
        records: dict[str, list[list[Record]]] = {}
        shown: dict[str, ByCategory] = {}
        for draw in range(min(draws, self.episodes.draws)):
            found: dict[str, dict[tuple[str, str], Record]] = {}
            for category in supports:
                made = control_prompts(self.opened, supports, category, draw)
                for name, prompt in made.items():
                    found.setdefault(name, {}).update(self._answers(category, prompt))
                    shown.setdefault(name, {category: prompt})
            for name, answers in found.items():
                row = [answers[one.category, one.query] for one in self.first]
                records.setdefault(name, []).append(row)
        return dict(records), shown

    def _answers(self, category: str, prompt: WholePrompt) -> dict[tuple[str, str], Record]:
        names = list(dict.fromkeys(r.query for r in self.first if r.category == category))
        records = self._records(prompt, names)
        return {(category, n): r for n, r in zip(names, records, strict=True)}

    @property
    def categories(self) -> list[str]:
        """Categories that are asked for."""
        return list(dict.fromkeys(row.category for row in self.first))

    @property
    def groups(self) -> list[str]:
        """Groups of the queries, in their order."""
        known = self.opened.asked.group_of()
        return [known[row.query] for row in self.first]

    def prompt(self, supports: tuple[str, ...]) -> WholePrompt:
        """The prompt of these supports; the last ones made are kept."""
        if supports not in self._prompts:
            if len(self._prompts) >= 64:
                self._prompts.pop(next(iter(self._prompts)))
            self._prompts[supports] = self.opened.prompt(supports, self.how)
        return self._prompts[supports]

    def shown(self, draw: int) -> ByCategory:
        """The random prompt of one draw for the first query, to be shown."""
        row = self.episodes.of_draw(draw)[0]
        return {row.category: self.prompt(row.supports)}

    def _records(self, prompt: WholePrompt, names: Sequence[str]) -> list[Record]:
        places = tuple(self._places[name] for name in names)
        return self.judge.records(prompt, Subset(self._queries, places))


def _draws(episodes: Episodes, category: str) -> list[tuple[str, ...]]:
    """Supports of a category by draw, as its first query has them."""
    found: dict[int, tuple[str, ...]] = {}
    for row in episodes.rows:
        if row.category == category:
            found.setdefault(row.draw, row.supports)
    return [found[draw] for draw in sorted(found)]


def forwards(episodes: Episodes, how: How, controls: int, fixed: int, classes: bool) -> int:
    """Forwards of random prompts, whose supports paint together in this way, controls and
    ``fixed`` prompts per category, known ones too."""
    cells = {(row.supports, row.query) for row in episodes.rows}
    random = sum(together_forwards(how, supports) for supports, _ in cells)
    queries = len({row.query for row in episodes.of_draw(0)})
    each = 4 if classes else 3
    return random + queries * (each * min(controls, episodes.draws) + fixed)
