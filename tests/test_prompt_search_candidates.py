import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.tasks.base import make_pair
from painter_kit.types import Coding, Example
from prompt_search.candidates import make_candidates
from tests.toys import SPEC, TOY, Listed, make_example


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


def test_some_candidates_alone_in_an_order_of_their_own():
    candidates = make_candidates(TOY, SPEC, Listed(GOOD))
    some = candidates.only([2, 0])
    assert some.ids == ["good2", "good0"]
    assert some.prompt(1).digest == candidates.prompt(0).digest
    assert some.example(0).id == "good2"
