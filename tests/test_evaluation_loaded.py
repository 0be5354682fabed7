from dataclasses import replace

import pytest

from painter_kit.evaluation.loaded import (
    Block,
    Loaded,
    describe_examples,
    example_digest,
    loaded,
    window,
)
from painter_kit.types import Subset
from tests.toys import Listed, make_example


def listed(count: int = 6) -> Listed:
    return Listed([make_example(f"e{i}", i) for i in range(count)])


def test_each_example_is_loaded_once():
    source = listed()
    held = Loaded(source)
    assert [e.id for e in held] == [e.id for e in held] == list(source.ids)
    assert set(source.loads.values()) == {1}


def test_what_does_not_fit_is_loaded_again():
    source = listed()
    room = sum(a.nbytes for a in (source.items[0].image, *source.items[0].truth.values()))
    held = Loaded(source, keep_bytes=2 * room)
    for _ in range(3):
        assert len(list(held)) == 6
    assert list(source.loads.values()) == [1, 1, 3, 3, 3, 3]


def test_views_take_room_too():
    plain = listed()
    view = plain.items[0].image
    source = Listed([replace(e, views=(view, view, view)) for e in plain.items])
    held = Loaded(source, keep_bytes=4 * view.nbytes + 100)
    for _ in range(2):
        assert len(list(held)) == 6
    assert list(source.loads.values()) == [1, 2, 2, 2, 2, 2]


def test_digests_are_kept_even_when_examples_are_not():
    source = listed()
    held = Loaded(source, keep_bytes=0)
    digests = [held.digest(i) for i in (0, 1, 0, 1)]
    assert digests == [source.items[i].digest for i in (0, 1, 0, 1)]
    assert source.loads == {"e0": 1, "e1": 1}


def test_digest_through_subsets():
    source = listed()
    part = window(Subset(Loaded(source), (5, 3, 1)), 1, 3)
    assert [part[i].id for i in range(len(part))] == ["e3", "e1"]
    assert example_digest(part, 0) == source.items[3].digest
    assert example_digest(source, 2) == source.items[2].digest


def test_behaves_like_a_sequence():
    held = loaded(listed())
    assert len(held) == 6
    assert held.groups == held.ids
    assert loaded(held) is held
    with pytest.raises(IndexError, match="between 0 and 5 but got 6"):
        held[6]


def test_a_block_loads_an_example_once():
    source = listed()
    block = Block(source, 2, 5)
    assert (len(block), block.ids) == (3, ("e2", "e3", "e4"))
    assert [block.digest(i) for i in range(3)] == [source.items[i].digest for i in (2, 3, 4)]
    assert [block[i].id for i in (0, 1, 0)] == ["e2", "e3", "e2"]
    assert source.loads == {"e2": 1, "e3": 1, "e4": 1}


def test_a_block_of_known_digests_loads_nothing():
    source = listed()
    held = Loaded(source, keep_bytes=0)
    digests = [held.digest(i) for i in range(6)]
    source.loads.clear()
    block = Block(Subset(held, (4, 2)), 0, 2)
    assert [block.digest(0), block.digest(1)] == [digests[4], digests[2]]
    assert source.loads == {}


def test_examples_are_described_by_ids_and_by_contents_where_these_are_known():
    source = listed()
    plain, facts = describe_examples(source)
    assert facts == {"examples": 6, "groups": len(set(source.groups)), "digest of": "ids"}
    assert not source.loads
    held, more = describe_examples(Loaded(source))
    assert more["digest of"] == "ids and contents"
    assert held != plain
    changed = Listed([replace(e, image=255 - e.image) for e in source.items])
    assert describe_examples(changed)[0] == plain
    assert describe_examples(Loaded(changed))[0] != held
    assert describe_examples(Subset(Loaded(source), (1, 0, 2, 3, 4, 5)))[0] != held
