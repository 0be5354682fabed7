"""Episodes: which query is asked under which supports, drawn by a protocol's rule or from a file.

What is drawn depends on names and seed alone. A list has a digest, and a file of its own format,
so that others can ask exactly the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.suites.base import FORMAT, Protocol
from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.evaluation.order import generator
from painter_kit.files import write_text
from painter_kit.types import digest_json

# Category -> ids of its usable supports, at least so many of them, in drawing order.
Supports = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Listed:
    """Queries or supports as lists: ids, groups and categories (empty: one for all), in order."""

    ids: Sequence[str]
    groups: Sequence[str]
    categories: Sequence[str]

    @property
    def distinct(self) -> list[str]:
        """The categories in order of appearance."""
        return list(dict.fromkeys(self.categories))

    def group_of(self) -> dict[str, str]:
        """Group by id."""
        return dict(zip(self.ids, self.groups, strict=True))

    def of(self, category: str) -> list[int]:
        """Places of a category."""
        return [i for i, own in enumerate(self.categories) if own == category]


@dataclass(frozen=True)
class Episode:
    """A query with the supports that tell what to do with it, the ``draw``-th time."""

    query: str
    category: str
    supports: tuple[str, ...]
    draw: int = 0

    def row(self) -> list[object]:
        """Plain data: draw, category, query, supports."""
        return [self.draw, self.category, self.query, list(self.supports)]


@dataclass(frozen=True)
class Episodes:
    """All episodes of one part: every draw asks the same queries in the same order.

    ``left_out`` names categories that have too few pictures to show one and ask another.
    """

    rows: tuple[Episode, ...]
    left_out: tuple[str, ...] = ()

    @property
    def draws(self) -> int:
        """How often every query is asked."""
        return 1 + max((row.draw for row in self.rows), default=-1)

    def of_draw(self, draw: int) -> list[Episode]:
        """The episodes of one draw, in order of queries."""
        return [row for row in self.rows if row.draw == draw]

    @property
    def digest(self) -> str:
        """SHA-256 of all rows in order."""
        return digest_json([row.row() for row in self.rows])


def draw_episodes(
    protocol: Protocol,
    queries: Listed,
    groups: Mapping[str, str],
    supports: Supports,
    draws: int,
    shots: int,
) -> Episodes:
    """Episodes by the rule of the protocol.

    ``groups`` are those of the supports by id: nobody is asked under a picture of its own group.
    Of ``shared`` supports every query gets up to ``draws`` different ones, the same for all queries
    of a category but for those that would be asked under themselves; every category gets as many
    draws as the poorest one has supports for. ``own`` supports are drawn once per query.
    """
    asked, left_out = _asked(protocol, queries, supports, shots)
    categories = list(dict.fromkeys(queries.categories[i] for i in asked))
    if protocol.supports == "own":
        whole = {c: supports(c, len(groups)) for c in categories}
        rows = [_own(protocol, q, queries, groups, whole, shots) for q in enumerate(asked)]
        return Episodes(tuple(rows), left_out)
    pools = {c: list(supports(c, draws + shots)) for c in categories}
    overlap = bool({*queries.groups} & {*groups.values()})
    draws = min([draws, *(len(pool) - overlap for pool in pools.values())])
    rows = [
        Episode(queries.ids[i], queries.categories[i], chosen, draw)
        for draw in range(draws)
        for i in asked
        for chosen in [
            _shared(pools[queries.categories[i]], queries.groups[i], groups, draw, shots)
        ]
    ]
    return Episodes(tuple(rows), left_out)


def _asked(
    protocol: Protocol, queries: Listed, supports: Supports, shots: int
) -> tuple[list[int], tuple[str, ...]]:
    """Places of the queries in asking order, and the categories that cannot be asked."""
    own = set(queries.ids)
    poor = tuple(
        c
        for c in queries.distinct
        if len(supports(c, shots + 1)) < shots + _shares(own, supports, c)
    )
    places = [i for i, c in enumerate(queries.categories) if c not in poor]
    if protocol.count is None or not places:
        return places, poor
    if protocol.queries == "cycle":
        return [places[n % len(places)] for n in range(protocol.count)], poor
    categories = [c for c in queries.distinct if c not in poor]
    rng = generator(protocol.seed, "episodes")
    by_category = {c: queries.of(c) for c in categories}
    drawn = [categories[int(n)] for n in rng.integers(0, len(categories), protocol.count)]
    return [by_category[c][int(rng.integers(0, len(by_category[c])))] for c in drawn], poor


def _shares(queries: set[str], supports: Supports, category: str) -> int:
    """1 where a query may be among its own supports and is passed over, else 0."""
    return int(any(name in queries for name in supports(category, 1)))


def _shared(
    pool: Sequence[str], group: str, groups: Mapping[str, str], draw: int, shots: int
) -> tuple[str, ...]:
    others = [name for name in pool if groups[name] != group]
    return tuple(others[(draw + n) % len(others)] for n in range(shots))


def _own(
    protocol: Protocol,
    numbered: tuple[int, int],
    queries: Listed,
    groups: Mapping[str, str],
    pools: Mapping[str, Sequence[str]],
    shots: int,
) -> Episode:
    """Supports drawn one by one, none of them of the query's own group or twice."""
    number, place = numbered
    category, group = queries.categories[place], queries.groups[place]
    pool, chosen = pools[category], list[str]()
    rng = generator(protocol.seed, "own supports", number)
    while len(chosen) < shots:
        name = pool[int(rng.integers(len(pool)))]
        if groups[name] != group and name not in chosen:
            chosen.append(name)
    return Episode(queries.ids[place], category, tuple(chosen))


def write_episodes(path: Path, episodes: Episodes, about: Mapping[str, object]) -> None:
    """Write an episode file; ``about`` (suite, part, data, ...) is for people."""
    head = {"format": FORMAT, **about, "digest": episodes.digest}
    rows = ",\n  ".join(json.dumps(row.row()) for row in episodes.rows)
    text = json.dumps({**head, "left_out": list(episodes.left_out)}, indent=1)
    write_text(path, f'{text[:-2]},\n "episodes": [\n  {rows}\n ]\n}}\n')


def read_episodes(
    path: Path,
    queries: Listed,
    supports: Mapping[str, str],
    shots: int,
    draws: int,
    count: int | None = None,
) -> Episodes:
    """The episodes of a file, checked against the data: its first ``draws``, and of the queries the
    first ``count``.

    ``supports`` are groups by id. Raises ``InputError`` when the file is broken, was changed after
    its digest was taken, names pictures that the data do not have, asks a picture under one of its
    own group, or has other than ``shots`` supports.
    """
    try:
        data = read_json(path)
        made = tuple(
            Episode(str(query), str(category), tuple(map(str, shown)), int(draw))
            for draw, category, query, shown in data["episodes"]
        )
        left_out = tuple(map(str, data.get("left_out", ())))
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(
            f"{path}: not an episode file ({type(error).__name__}: {error}); docs/suites.md says "
            "what one holds"
        ) from None
    episodes = Episodes(made, left_out)
    _check(path, episodes, str(data.get("digest", "")))
    _check_pictures(path, episodes, queries, supports, shots)
    kept = list(dict.fromkeys(row.query for row in made))[:count]
    asked = {*kept}
    return Episodes(tuple(r for r in made if r.draw < draws and r.query in asked), left_out)


def _check(path: Path, episodes: Episodes, digest: str) -> None:
    if not episodes.rows or any(not row.supports for row in episodes.rows):
        raise InputError(f"{path}: episodes must hold rows, each with at least one support")
    if digest and digest != episodes.digest:
        raise InputError(
            f"{path}: digest is {digest[:12]}... but its episodes have {episodes.digest[:12]}...; "
            "take the file anew, or leave digest out after a change"
        )
    asked = [[row.query for row in episodes.of_draw(d)] for d in range(episodes.draws)]
    if any(names != asked[0] for names in asked):
        raise InputError(f"{path}: every draw must ask the same queries in the same order")


def _check_pictures(
    path: Path, episodes: Episodes, queries: Listed, supports: Mapping[str, str], shots: int
) -> None:
    groups = queries.group_of()
    for row in episodes.rows:
        unknown = [name for name in (row.query,) if name not in groups]
        unknown += [name for name in row.supports if name not in supports]
        if unknown:
            raise InputError(f"{path}: {unknown[0]} is not in the data; check data and subset")
        if len(row.supports) != shots:
            raise InputError(
                f"{path}: {row.query} has {len(row.supports)} supports, but {shots} paint together "
                "here; give --shots, or a file for PART/SHOTS"
            )
        if own := [name for name in row.supports if supports[name] == groups[row.query]]:
            raise InputError(
                f"{path}: {row.query} is asked under {own[0]} of its own group "
                f"{groups[row.query]}; nobody is asked under itself"
            )
