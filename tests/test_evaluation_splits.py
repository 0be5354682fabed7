from collections import Counter

import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.splits import (
    SHARES,
    Sizes,
    Splits,
    make_split,
    make_splits,
)
from painter_kit.types import Subset
from tests.toys import Listed, ToyData, make_example

ONE_FOLDER = dict.fromkeys(SHARES, "all")
OFFICIAL = {"pool": "train", "select": "train", "confirm": "train", "test": "test"}


def examples(count: int, per_group: int = 1, prefix: str = "x") -> Listed:
    return Listed(
        [make_example(f"{prefix}{i}", 0, group=f"{prefix}g{i // per_group}") for i in range(count)]
    )


def folder(count: int, per_group: int = 1) -> ToyData:
    return ToyData({"all": examples(count, per_group)}, ONE_FOLDER, "folder:toys")


def members(data: ToyData, **options) -> dict[str, list[str]]:
    splits = make_splits(data, "toy", **options)
    return {name: list(getattr(splits, name).ids) for name in SHARES}


def test_splits_know_what_they_were_cut_from():
    data = folder(200)
    splits = make_splits(data, "toy")
    assert splits.dataset is splits.loaded().dataset is data
    assert splits.with_parts(data, {"one": "toy-one"}).dataset is data


def test_a_folder_is_cut_at_exact_quotas():
    counts = make_splits(folder(200), "toy").counts
    assert counts == {"pool": 80, "select": 50, "confirm": 30, "test": 40}


@pytest.mark.parametrize("count", [7, 8, 11, 20, 33, 101])
def test_every_example_is_in_one_split(count: int):
    found = members(folder(count))
    every = [name for ids in found.values() for name in ids]
    assert sorted(every) == sorted(folder(count).subsets["all"].ids)
    for name, ids in found.items():
        assert abs(len(ids) - SHARES[name] * count) <= 1.5
        assert len(ids) >= (1 if name == "test" else 2)


def test_groups_are_never_torn():
    splits = make_splits(folder(120, per_group=3), "toy")
    groups = [set(getattr(splits, name).groups) for name in SHARES]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 40
    assert [len(g) for g in groups] == [16, 10, 6, 8]


def test_official_training_set_is_cut_and_the_test_set_is_not():
    data = ToyData({"train": examples(80), "test": examples(9, prefix="t")}, OFFICIAL)
    found = members(data)
    assert {name: len(ids) for name, ids in found.items()} == {
        "pool": 40,
        "select": 25,
        "confirm": 15,
        "test": 9,
    }
    assert sorted(found["test"]) == sorted(data.subsets["test"].ids)


def test_splits_with_subsets_of_their_own_are_whole():
    data = ToyData({name: examples(5, prefix=name) for name in SHARES})
    assert {name: len(ids) for name, ids in members(data).items()} == dict.fromkeys(SHARES, 5)


def test_caps_take_a_prefix_and_the_seed_changes_pool_and_select_only():
    data = folder(200)
    full, capped = members(data), members(data, sizes=Sizes(10, 9, 8, 7))
    for name, size in zip(SHARES, (10, 9, 8, 7), strict=True):
        assert capped[name] == full[name][:size]
    other = members(data, sizes=Sizes(10, 9, 8, 7), seed=1)
    assert other["confirm"] == capped["confirm"]
    assert other["test"] == capped["test"]
    assert set(other["pool"]) != set(capped["pool"])
    assert set(other["pool"]) <= set(full["pool"])
    assert other["select"] != capped["select"]


def test_listing_order_does_not_matter():
    data = folder(50)
    turned = ToyData({"all": Listed(list(reversed(data.subsets["all"].items)))}, ONE_FOLDER)
    assert members(data) == members(turned)


def test_one_more_example_moves_few():
    before, after = members(folder(100)), members(folder(101))
    moved = sum(len(set(before[n]) - set(after[n])) for n in SHARES)
    assert moved <= 3


def test_prefixes_mix_the_listing():
    ids = members(folder(400))["select"]
    halves = Counter(int(name[1:]) < 200 for name in ids[:40])
    assert 8 < halves[True] < 32


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (folder(3), "holds 3 examples in 3 groups but its splits need 7 groups"),
        (folder(40, per_group=20), "holds 40 examples in 2 groups .* add examples"),
        (folder(0), "holds 0 examples"),
        (
            ToyData({"train": examples(9), "test": Listed([])}, OFFICIAL),
            r"\(test\) holds 0 .* 1 groups \(test 1\)",
        ),
    ],
)
def test_too_few_examples(data: ToyData, words: str):
    with pytest.raises(InputError, match=words) as error:
        make_splits(data, "toy")
    assert "\n" not in str(error.value)


def test_unknown_task_and_senseless_sizes():
    with pytest.raises(InputError, match="no truth for 'depth'; it has: toy"):
        make_splits(folder(50), "depth")
    with pytest.raises(InputError, match="--select must be at least 2 but got 0"):
        Sizes(select=0)


def test_loaded_splits_read_each_example_once():
    data = folder(20)
    splits = make_splits(data, "toy").loaded()
    for _ in range(2):
        assert len(list(splits.select)) == 5
    assert set(data.subsets["all"].loads.values()) == {1}
    assert splits.loaded().select is splits.select


@pytest.mark.parametrize("name", SHARES)
def test_one_split_alone_is_the_same_split(name: str):
    data = folder(60, per_group=2)
    whole = getattr(make_splits(data, "toy", Sizes(**{name: 5}), seed=3), name)
    assert make_split(data, "toy", name, 5, seed=3).ids == whole.ids


def test_one_split_needs_no_other_subset():
    data = ToyData({"test": examples(1, prefix="t")}, OFFICIAL)
    assert list(make_split(data, "toy", "test").ids) == ["t0"]
    with pytest.raises(InputError, match="no truth for 'depth'"):
        make_split(data, "depth", "test")


class OfParts(ToyData):
    """The part's examples stand in another order, form groups of their own, and one is missing."""

    def examples(self, task: str, subset: str) -> Listed:
        listed = super().examples(task, subset)
        if task == "toy-both":
            return listed
        return Listed([make_example(e.id, 0, group="one") for e in reversed(listed.items[1:])])


def test_parts_are_split_as_the_whole_is():
    data = OfParts({"all": examples(40, per_group=2)}, ONE_FOLDER)
    sizes = Sizes(pool=8, select=6, confirm=4, test=4)
    whole = make_splits(data, "toy-both", sizes, seed=3)
    parts = whole.with_parts(data, {"one": "toy-one"}).parts["one"]
    group = dict(zip(data.subsets["all"].ids, data.subsets["all"].groups, strict=True))
    for name in SHARES:
        mine, joint = getattr(parts, name), getattr(whole, name)
        assert list(mine.ids) == [i for i in joint.ids if i != "x0"]
        assert [e.id for e in mine] == list(mine.ids)
        others = {group[i] for other in SHARES if other != name for i in getattr(parts, other).ids}
        assert not {group[i] for i in mine.ids} & others


def test_parts_of_the_world_show_the_same_scenes():
    world = open_dataset("world")
    whole = make_splits(world, "semantic", Sizes(6, 4, 4, 4))
    parts = whole.with_parts(world, {"things": "instance"}).loaded().parts["things"]
    for name in SHARES:
        first, second = (next(iter(getattr(s, name))) for s in (whole, parts))
        assert (first.image == second.image).all()


def test_a_part_with_too_few_examples():
    data = OfParts({"all": examples(40)}, ONE_FOLDER)
    whole = make_splits(data, "toy-both")
    alone = Splits(Subset(whole.pool, (0,)), whole.select, whole.confirm, whole.test)
    with pytest.raises(InputError, match="only 1 of the 1 pictures of pool have truth for toy-one"):
        alone.with_parts(data, {"one": "toy-one"})
