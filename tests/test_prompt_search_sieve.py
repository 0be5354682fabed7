from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.likeness import Shown
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.classes import classes_of
from painter_kit.types import Example, Subset
from prompt_search.rules import PoolRules
from prompt_search.sieve import COPY, NEAR_COPY, Found, Sieve, look, told
from prompt_search.variants import Variants
from tests.toys import SPEC, TOY, Listed, make_example

WORLD = open_dataset("world")


def found(place: int, digest: str = "", features: Sequence[float] = (1, 0), why: str = "") -> Found:
    return Found(place, digest or str(place), np.array(features, np.float32), {}, why)


def test_copies_go_before_anything_else_and_order_is_that_of_places():
    sieve = Sieve(iter([found(3, "x"), found(0, "x", why="dark"), found(1), found(2, "1")]))
    assert [one.place for one in sieve.kept] == [1]
    assert sieve.dropped == {"dark": 1, COPY: 2}
    assert told(sieve.dropped) == f"1 (dark), 2 ({COPY})"


def test_near_copies_of_a_group_and_a_random_cap():
    sieve = Sieve(iter([found(i, features=(1, 0) if i % 2 else (0, 1)) for i in range(6)]))
    sieve.drop_near(["a", "a", "a", "b", "b", "b"], 0.97)
    assert [one.place for one in sieve.kept] == [0, 1, 3, 4]
    assert sieve.dropped == {NEAR_COPY: 2}
    assert sieve.cap([], PoolRules(max_candidates=4), 0) is None
    cap = sieve.cap(list("abcdef"), PoolRules(max_candidates=2, cap="random"), 0)
    assert cap is not None
    assert (cap.size, cap.total, len(sieve.kept)) == (2, 4, 2)


def test_the_diverse_cap_spreads():
    sieve = Sieve(iter([found(i, features=(1, 0) if i < 5 else (0, 1)) for i in range(6)]))
    cap = sieve.cap(list("abcdef"), PoolRules(max_candidates=2), 0)
    assert [one.place for one in sieve.kept] == [0, 5]
    assert cap is not None
    assert cap.way == "diverse"
    empty = Sieve(iter([]))
    empty.drop_near([], 0.97)
    assert empty.kept == []


def test_a_query_must_not_be_a_prompt_nor_its_edits():
    task, spec = get_task("depth"), WORLD.spec("depth")
    source = WORLD.examples("depth", "train")
    brighter = replace(source[7], image=np.clip(source[7].image * 1.1, 0, 255).astype(np.uint8))
    pool = Listed([source[1], source[5], source[7], source[8]])
    shown = Shown.of(Subset(source, (5,)), Listed([brighter]))
    variants = Variants(pool, spec, crops=1, flips=True)
    reasons = {f.place: f.reason for f in look(task, spec, variants, PoolRules(), shown)}
    assert [reasons[p] for p in (0, 1, 2, 3)] == [
        *("", "a copy of a query", "a near-copy of a query", "")
    ]
    for edit in (4, 8):  # mirror images, crops
        assert [bool(reasons[edit + p]) for p in range(4)] == [False, True, True, False]
    exact = PoolRules(near_duplicate=1)
    off = {f.place: f.reason for f in look(task, spec, variants, exact, shown)}
    assert [off[p] for p in (0, 1, 2, 3)] == ["", "a copy of a query", "", ""]


def test_a_class_needs_its_share_of_every_candidate():
    task, spec = get_task("semantic"), WORLD.spec("semantic")
    pool = Subset(WORLD.examples("semantic", "train"), tuple(range(12)))
    rules = PoolRules(pool_class="disc", class_share=0.05, crops=1)
    number = spec.classes.index("disc")
    variants = Variants(pool, spec, crops=1)
    for one in look(task, spec, variants, rules, None):
        share = classes_of(task, variants[one.place].truth).get(number, 0)
        assert one.reason == ("too little of class disc" if share < 0.05 else "")
        assert one.classes.get(number, 0) == share
    with pytest.raises(InputError, match="semantic on world has no class 'sofa'"):
        list(look(task, spec, variants, PoolRules(pool_class="sofa"), None))


def test_a_pair_and_its_edits_are_loaded_once():
    pool = Listed([make_example(n, 5) for n in "abc"])
    variants = Variants(pool, SPEC, crops=2, flips=True)
    assert len(list(look(TOY, SPEC, variants, PoolRules(), None))) == 12
    assert pool.loads == {"a": 1, "b": 1, "c": 1}


def test_given_prompts_join_once_and_never_as_a_query():
    example = make_example("a", 5)
    variants = Variants(Listed([example]), SPEC)
    sieve = Sieve(look(TOY, SPEC, variants, PoolRules(), None))
    others = [make_pair(TOY, SPEC, make_example(n, 5)) for n in "bc"]
    shown = Shown.of(Listed([Example("q", "q", others[1].image, {})]))
    assert sieve.reason_of(make_pair(TOY, SPEC, example), shown, 0.97) == COPY
    assert sieve.reason_of(others[0], shown, 0.97) == ""
    assert sieve.reason_of(others[0], shown, 0.97) == COPY
    assert sieve.reason_of(others[1], shown, 0.97) == "a copy of a query"
