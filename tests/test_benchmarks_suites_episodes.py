"""Episodes: drawn by rule, the same everywhere, and kept in files that cannot change unseen."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.suites.base import Protocol
from benchmarks.suites.episodes import (
    Episodes,
    Listed,
    draw_episodes,
    read_episodes,
    write_episodes,
)
from painter_kit.errors import InputError

COUNTS = {"a": 4, "b": 6, "c": 1}
IDS = [f"{c}/{n}" for c, count in COUNTS.items() for n in range(count)]
# Picture 0 shows a and b: it is one group.
GROUPS = ["p0" if name in ("a/0", "b/0") else name for name in IDS]
QUERIES = Listed(IDS, GROUPS, [name[0] for name in IDS])
GROUP = QUERIES.group_of()


def supports(category: str, count: int) -> list[str]:
    return [name for name in IDS if name[0] == category][:count]


def draw(protocol: Protocol, draws: int = 3, shots: int = 1) -> Episodes:
    return draw_episodes(protocol, QUERIES, GROUP, supports, draws, shots)


def test_clean_asks_every_query_once_a_draw_and_never_under_itself():
    found = draw(Protocol())
    assert found.left_out == ("c",)
    assert found.draws == 3
    for k in range(3):
        assert [row.query for row in found.of_draw(k)] == IDS[:-1]
    for row in found.rows:
        assert all(GROUP[s] != GROUP[row.query] for s in row.supports)
        assert all(s[0] == row.category for s in row.supports)
    for name in IDS[:-1]:
        shown = [row.supports for row in found.rows if row.query == name]
        assert len(set(shown)) == 3


def test_queries_of_a_category_share_their_supports():
    for k in range(3):
        rows = [row for row in draw(Protocol()).of_draw(k) if row.category == "b"]
        assert len({row.supports for row in rows}) <= 2


def test_as_many_draws_as_the_poorest_category_has():
    assert draw(Protocol(), draws=16).draws == 3  # of a, whose fourth picture asks


def test_shots_are_different_pictures():
    found = draw(Protocol(), draws=2, shots=3)
    assert all(len({*row.supports}) == 3 for row in found.rows)
    assert {row.category for row in found.rows} == {"a", "b"}


def test_cycle_goes_round_and_counts_some_queries_twice():
    found = draw(Protocol(queries="cycle", count=14, supports="own"))
    counts = Counter(row.query for row in found.rows)
    assert found.draws == 1
    assert len(found.rows) == 14
    assert sorted(counts.values()) == [1] * 6 + [2] * 4
    assert [row.query for row in found.rows[:10]] == IDS[:-1]
    assert all(GROUP[row.supports[0]] != GROUP[row.query] for row in found.rows)


def test_random_class_draws_categories_alike():
    found = draw(Protocol(queries="random-class", count=2000, supports="own"))
    counts = Counter(row.category for row in found.rows)
    assert set(counts) == {"a", "b"}
    assert abs(counts["a"] - 1000) < 120  # 4 and 6 pictures, yet equally often


def test_seeds_draw_anew_and_equal_seeds_the_same():
    one, two, other = (draw(Protocol("cycle", 9, "own", seed=s)).digest for s in (0, 0, 1))
    assert one == two != other


def test_a_file_gives_the_same_episodes(tmp_path: Path):
    found, path = draw(Protocol()), tmp_path / "episodes.json"
    write_episodes(path, found, {"suite": "mine"})
    again = read_episodes(path, QUERIES, GROUP, 1, 3)
    assert again == found
    assert read_episodes(path, QUERIES, GROUP, 1, 2).rows == draw(Protocol(), draws=2).rows
    few = read_episodes(path, QUERIES, GROUP, 1, 16, count=4)
    assert [row.query for row in few.of_draw(2)] == IDS[:4]
    assert few.draws == 3
    assert json.loads(path.read_text())["digest"] == found.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["episodes"].pop(), "digest is"),
        (lambda d: d.pop("episodes"), "not an episode file"),
        (lambda d: d["episodes"][0].__setitem__(0, float("inf")), "not an episode file"),
        (lambda d: (d.pop("digest"), d["episodes"][0].__setitem__(2, "a/9")), "same queries"),
        (lambda d: (d.pop("digest"), d["episodes"][0][3].append("z/1")), "z/1 is not in the data"),
        (lambda d: (d.pop("digest"), d["episodes"][0][3].clear()), "at least one support"),
        (lambda d: (d.pop("digest"), d["episodes"][0][3].append("a/1")), "2 supports, but 1 paint"),
        (
            lambda d: (d.pop("digest"), d["episodes"][0].__setitem__(3, ["b/0"])),
            "a/0 is asked under b/0 of its own group p0",
        ),
    ],
)
def test_changed_files_are_refused(tmp_path: Path, change, words):
    path = tmp_path / "episodes.json"
    write_episodes(path, draw(Protocol()), {})
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=words):
        read_episodes(path, QUERIES, GROUP, 1, 3)
