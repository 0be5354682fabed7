from dataclasses import replace

import numpy as np
import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.likeness import Shown
from painter_kit.evaluation.loaded import Loaded
from painter_kit.evaluation.panel import draw_panel
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.types import Coding, Example, Subset
from prompt_search.candidates import make_candidates
from prompt_search.cap import Cap
from prompt_search.rules import PoolRules
from tests.toys import SPEC, TOY, Listed, make_example, toy_data


def unknown(name: str) -> Example:
    example = make_example(name, 0)
    truth = {**example.truth, "known": np.asarray(False)}
    return Example(name, name, example.image, truth)


def copy(example: Example, name: str) -> Example:
    return Example(name, name, example.image, example.truth)


GOOD = [make_example(f"good{i}", i) for i in range(3)]


def test_only_usable_pairs_are_candidates():
    pool = Listed(
        [
            GOOD[0],
            make_example("dark", 0, level=0),
            unknown("unknown"),
            GOOD[1],
            copy(GOOD[0], "copy"),
            GOOD[2],
        ]
    )
    candidates = make_candidates(TOY, SPEC, pool)
    assert candidates.ids == ["good0", "good1", "good2"]
    assert candidates.groups == candidates.ids
    assert candidates.dropped == {
        "target nearly black": 1,
        "no ground truth that counts": 1,
        "a copy of another pair": 1,
    }


def test_prompts_are_the_painted_pairs():
    candidates = make_candidates(TOY, SPEC, Listed(GOOD))
    prompt = candidates.prompt(1)
    assert prompt.pair.digest == make_pair(TOY, SPEC, GOOD[1]).digest
    assert (prompt.kind, prompt.task, prompt.spec_digest) == ("random", "toy", SPEC.digest)
    assert prompt.provenance == {"data": "toys", "candidate": "good1"}
    assert [p.digest for p in candidates.prompts([2, 0])] == [
        candidates.prompt(2).digest,
        candidates.prompt(0).digest,
    ]


def test_an_examples_own_coding_is_kept():
    own = Coding(span=(0.0, 3.0))
    coloured = Example("own", "own", GOOD[0].image, GOOD[0].truth, own)
    candidates = make_candidates(TOY, SPEC, Listed([coloured, GOOD[1]]))
    assert candidates.prompt(0).pair.coding == own
    assert candidates.prompt(1).pair.coding == SPEC.coding


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        ([], r"the pool of 0 has 0; raise --pool"),
        ([GOOD[0]], r"needs 2 usable pairs but the pool of 1 has 1"),
        ([GOOD[0], unknown("u")], r"has 1, 1 left out \(no ground truth that counts\); raise"),
    ],
)
def test_too_few_usable_pairs(pool: list[Example], words: str):
    with pytest.raises(InputError, match=words):
        make_candidates(TOY, SPEC, Listed(pool))


def test_edits_join_under_names_of_their_own():
    rules = PoolRules(crops=2, flips=True)
    candidates = make_candidates(TOY, SPEC, Listed(GOOD), rules, seed=4)
    assert len(candidates) == 12
    assert candidates.edited == 9
    assert candidates.ids[:4] == ["good0", "good1", "good2", "good0+flip"]
    assert candidates.groups == ["good0", "good1", "good2"] * 4
    flip, crop = candidates.prompt(3), candidates.prompt(11)
    np.testing.assert_array_equal(flip.pair.image, GOOD[0].image[:, ::-1])
    assert flip.provenance == {
        "data": "toys",
        "candidate": "good0+flip",
        "parent": "good0",
        "flip": True,
    }
    x, y, width, height = crop.provenance["box"]
    assert crop.provenance["candidate"] == "good2+crop2"
    np.testing.assert_array_equal(crop.pair.image, GOOD[2].image[y : y + height, x : x + width])
    again = make_candidates(TOY, SPEC, Listed(GOOD), rules, seed=4)
    assert [p.digest for p in again.prompts(range(12))] == [
        p.digest for p in candidates.prompts(range(12))
    ]


def test_panels_are_drawn_from_the_pairs_as_they_are():
    plain = make_candidates(TOY, SPEC, Listed(GOOD))
    given = candidate_prompt("other")
    rules = PoolRules(crops=1, flips=True)
    candidates = make_candidates(TOY, SPEC, Listed(GOOD), rules, included=[given])
    assert candidates.draw(2, 5) == plain.draw(2, 5) == draw_panel(plain.ids, 2, 5)
    most = len(candidates.indices)  # a crop of the whole picture is a copy
    assert 6 <= most <= 9
    drawn = candidates.draw(5, 5)
    assert sorted(drawn[:3]) == [0, 1, 2]
    assert set(drawn[3:]) <= set(range(3, most))
    assert sorted(candidates.draw(100, 5)) == list(range(most))
    names = [f"included:{given.digest[:8]}{edit}" for edit in ("", "+flip", "+crop1")]
    assert candidates.ids[most:] == names


def candidate_prompt(name: str) -> Prompt:
    pair = make_pair(TOY, SPEC, make_example(name, 200))
    return Prompt(pair, "toy", kind="learned", spec_digest=SPEC.digest, confirm_touches=1)


def test_given_prompts_come_last_and_only_once():
    given, same = candidate_prompt("other"), candidate_prompt("good1")
    copy_of_pool = Prompt(
        make_pair(TOY, SPEC, GOOD[1]), "toy", kind="searched", spec_digest=SPEC.digest
    )
    found = make_candidates(TOY, SPEC, Listed(GOOD), included=[given, copy_of_pool, given])
    assert same.digest != copy_of_pool.digest
    assert len(found) == 4
    assert found.dropped == {"a copy of another pair": 2}
    assert found.groups[3] == found.ids[3] == f"included:{given.digest[:8]}"
    assert (found.prompt(3).digest, found.prompt(3).kind) == (given.digest, "learned")
    assert found.prompt(3).confirm_touches == 1
    with pytest.raises(InputError, match="is for depth, not for toy"):
        make_candidates(TOY, SPEC, Listed(GOOD), included=[replace(given, task="depth")])


def test_queries_are_no_candidates():
    shown = Shown.of(Listed([GOOD[1]]))
    given = Prompt(make_pair(TOY, SPEC, GOOD[1]), "toy", kind="learned", spec_digest=SPEC.digest)
    found = make_candidates(TOY, SPEC, Listed(GOOD), shown=shown)
    assert found.ids == ["good0", "good2"]
    assert found.dropped == {"a copy of a query": 1}
    four = Listed([GOOD[0], GOOD[2]])
    found = make_candidates(TOY, SPEC, four, shown=shown, included=[given])
    assert (len(found), found.dropped) == (2, {"a copy of a query": 1})


def test_a_capped_pool():
    pool = Listed([make_example(f"p{i}", i) for i in range(12)])
    for way in ("diverse", "random"):
        rules = PoolRules(max_candidates=5, cap=way)
        found = make_candidates(TOY, SPEC, pool, rules)
        assert (len(found), found.cap) == (5, Cap(way, 5, 12))
        assert found.ids == sorted(found.ids, key=lambda name: int(name[1:]))
    assert make_candidates(TOY, SPEC, pool).cap is None
    included = make_candidates(TOY, SPEC, pool, rules, included=[candidate_prompt("other")])
    assert len(included) == 6


def test_candidates_of_a_class():
    world = open_dataset("world")
    task, spec = get_task("semantic"), world.spec("semantic")
    pool = Subset(world.examples("semantic", "train"), tuple(range(20)))
    candidates = make_candidates(task, spec, pool)
    ring = spec.classes.index("ring")
    found = candidates.of_class(ring, 0.02)
    shares = [np.mean(candidates.examples[i].truth["labels"] == ring) for i in candidates.indices]
    assert found.indices == tuple(
        i for i, share in zip(candidates.indices, shares, strict=True) if share >= 0.02
    )
    assert 0 < len(found) < len(candidates)
    named = make_candidates(task, spec, pool, PoolRules(pool_class="ring", class_share=0.02))
    assert named.ids == found.ids
    assert named.dropped == {"too little of class ring": 20 - len(found)}
    assert len(candidates.of_class(99, 0.01)) == 0


def test_a_large_pool_is_not_held():
    """Edits are made when asked for; nothing but their digests is kept."""
    pool = Listed([make_example(f"p{i}", i) for i in range(8)])
    candidates = make_candidates(TOY, SPEC, Loaded(pool, keep_bytes=0), PoolRules(flips=True))
    before = dict(pool.loads)
    candidates.prompt(9)
    candidates.prompt(9)
    assert pool.loads["p1"] > before["p1"] + 1


def test_some_candidates_alone_in_an_order_of_their_own():
    candidates = make_candidates(TOY, SPEC, Listed(GOOD))
    some = candidates.only([2, 0])
    assert some.ids == ["good2", "good0"]
    assert some.prompt(1).digest == candidates.prompt(0).digest
    assert some.example(0).id == "good2"


def test_a_candidate_in_other_colours_is_painted_from_its_truth():
    candidates = make_candidates(TOY, SPEC, toy_data(pool=4).subsets["pool"])
    coding = Coding(span=(0.0, 99.0))
    made, plain = candidates.recoded(2, coding), candidates.prompt(2)
    assert made
    assert (made.coding, plain.coding) == (coding, SPEC.coding)
    assert made.digest != plain.digest
    assert made.provenance == {**plain.provenance, "recoded": True}
